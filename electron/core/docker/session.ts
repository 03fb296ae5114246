import { z } from "zod";
import { Failure, isFailure } from "../failure.ts";
import type { ByteStream, Cancellable, Clock } from "../ports.ts";
import type { HostLink, Queued } from "../ssh/index.ts";
import { createClient, type EngineClient } from "./client.ts";
import { candidates, diagnose, noEngine, type SocketProblem } from "./socket.ts";

/** The engine as it was found: where, which version is spoken, and the client that speaks it. */
export interface EngineSession {
  socketPath: string;
  kind: "docker" | "podman";
  version: string;
  apiVersion: string;
  client: EngineClient;
}

/** What we were written for, and the oldest that has all we use (19.03). */
const ours: Version = [1, 44];
const floor: Version = [1, 40];

type Version = readonly [number, number];

const versionAnswer = z.looseObject({
  Version: z.string().default(""),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().optional(),
  Components: z.array(z.looseObject({ Name: z.string() })).default([]),
});

export interface SessionDeps {
  link: HostLink;
  clock: Clock;
  /** Looked at alone when given. */
  socketPath?: string | undefined;
}

/** Looks for the engine's socket and agrees on the API version. */
export async function findEngine(deps: SessionDeps, options: Cancellable & Queued): Promise<EngineSession> {
  const { link } = deps;
  const paths = deps.socketPath === undefined ? await candidates(link, options) : [deps.socketPath];
  const found = new Map<string, SocketProblem>();
  for (const path of paths) {
    const result = await tryPath(deps, path, options);
    if ("client" in result) return result;
    found.set(path, result);
  }
  throw noEngine(await userName(link, options), found);
}

async function tryPath(deps: SessionDeps, path: string, options: Cancellable): Promise<EngineSession | SocketProblem> {
  const { link, clock } = deps;
  const open = (openOptions: Cancellable) => openEngine(link, path, openOptions);
  try {
    // Opened once by hand first: through the HTTP client its failure could not be told from an engine's.
    (await link.openUnix(path, options)).destroy();
  } catch (error) {
    if (!isFailure(error) || !["CHANNEL_FAILED", "FORWARDING_REFUSED"].includes(error.code)) throw error;
    return await diagnose(link, path, error, options);
  }
  const finder = createClient({ open, clock });
  try {
    const answer = await finder.json(versionAnswer, { ...options, path: "/version", timeoutMs: 10_000 });
    const apiVersion = negotiate(answer.ApiVersion, answer.MinAPIVersion);
    const podman = answer.Components.some((component) => /podman/i.test(component.Name));
    return {
      socketPath: path,
      kind: podman ? "podman" : "docker",
      version: answer.Version,
      apiVersion,
      client: createClient({ open, clock, version: `v${apiVersion}` }),
    };
  } catch (error) {
    if (isFailure(error, "ENGINE_ERROR")) return { kind: "foreign", said: String(error.details.message) };
    throw error;
  } finally {
    finder.dispose();
  }
}

async function openEngine(link: HostLink, path: string, options: Cancellable): Promise<ByteStream> {
  try {
    return await link.openUnix(path, options);
  } catch (error) {
    if (!isFailure(error, "CHANNEL_FAILED")) throw error;
    const reason = String(error.details.reason);
    throw new Failure("ENGINE_UNAVAILABLE", { socket: path, reason }, { retryable: true, cause: error });
  }
}

/**
 * The version to speak: the lower of theirs and ours. An engine whose lowest is above ours is spoken to in that one: what
 * we use has not changed since 1.40, and a refusal would lock the console out of a new engine for nothing.
 */
export function negotiate(theirs: string, theirLowest: string | undefined): string {
  const highest = parseVersion(theirs);
  const lowest = parseVersion(theirLowest ?? "");
  if (highest === null || before(highest, floor)) {
    throw new Failure("ENGINE_TOO_OLD", { theirs, need: floor.join(".") });
  }
  const spoken = before(highest, ours) ? highest : ours;
  return (lowest !== null && before(spoken, lowest) ? lowest : spoken).join(".");
}

function parseVersion(text: string): Version | null {
  const match = /^(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : null;
}

function before(a: Version, b: Version): boolean {
  return a[0] === b[0] ? a[1] < b[1] : a[0] < b[0];
}

async function userName(link: HostLink, options: Cancellable): Promise<string> {
  const answer = await link.exec(["id", "-un"], { ...options, timeoutMs: 5_000 }).catch(() => null);
  return answer?.stdout.toString("utf8").trim() || "USER";
}
