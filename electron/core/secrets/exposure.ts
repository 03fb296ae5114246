/**
 * The exposure proof: after a launch and on demand, look for every value that a container was given, in each of its
 * encodings, wherever values usually leak. It tells places and encodings, never values.
 */
import type { Proof } from "../../contract/containers.ts";
import type { ContainerDetail, Engine } from "../docker/index.ts";
import { isFailure, reasonOf } from "../failure.ts";
import type { MaskHit } from "../logs/index.ts";
import type { Cancellable, Clock } from "../ports.ts";
import type { HostLink, Queued } from "../ssh/index.ts";
import type { Secret } from "./secret.ts";

type Place = Proof["places"][number];
type PlaceName = Place["place"];

export interface ExposureDeps extends Cancellable, Queued {
  engine: Pick<Engine, "inspect" | "image" | "top" | "exec" | "logs">;
  /** Reads `/proc/PID/environ` on the host where that is allowed; without it the container is asked. */
  link: Pick<HostLink, "exec"> | null;
  containerId: string;
  /** Already known to the masker under their names. */
  secrets: readonly Secret[];
  /** Every occurrence of these secrets in the bytes, in any encoding that the masker knows. */
  find(bytes: Uint8Array, names: readonly string[]): MaskHit[];
  clock: Clock;
  /** A program of the image that lists `/run/secrets` as `MODE UID NAME` lines (mode in octal). */
  lister?: readonly string[] | null;
  mask(text: string): string;
}

/** What a place held, for the search. */
export interface Found {
  bytes: readonly Uint8Array[];
  note: string;
  looked: boolean;
  /** Traces that no search finds: a secret's file that others may read. */
  hits?: Place["hits"];
}

/** `clean` needs these; file modes are told where the image lets one look. */
const required: ReadonlySet<PlaceName> = new Set(["inspect", "environment", "argv", "history", "labels", "logs"]);
const logTail = 2_000;
const maxLogBytes = 16 * 2 ** 20;
const placeLimitMs = 15_000;

export async function prove(deps: ExposureDeps): Promise<Proof> {
  const began = deps.clock.mono();
  const names = [...new Set(deps.secrets.map((secret) => secret.name))];
  // Without the container there is nothing to prove: this failure is the caller's.
  const detail = await deps.engine.inspect(deps.containerId, { signal: deps.signal });
  const looks: readonly (readonly [PlaceName, (signal: AbortSignal) => Promise<Found> | Found])[] = [
    ["inspect", () => ({ bytes: [utf8(JSON.stringify(detail.raw))], note: "", looked: true })],
    ["environment", (signal) => environment(deps, detail, signal)],
    ["argv", (signal) => argv(deps, detail, signal)],
    ["history", (signal) => history(deps, detail, signal)],
    ["labels", () => ({ bytes: [utf8(JSON.stringify(detail.labels))], note: "", looked: true })],
    ["files", (signal) => files(deps, detail, signal)],
    ["logs", (signal) => logs(deps, signal)],
  ];
  const places: Place[] = [];
  for (const [place, look] of looks) {
    deps.signal?.throwIfAborted();
    places.push(await lookInto(place, look, names, deps));
  }
  deps.signal?.throwIfAborted();
  const untraced = places.every(({ hits }) => hits.length === 0);
  return {
    at: deps.clock.now(),
    clean: untraced && places.every(({ place, looked }) => looked || !required.has(place)),
    secrets: names,
    places,
    durationMs: Math.round(deps.clock.mono() - began),
  };
}

async function lookInto(
  place: PlaceName,
  look: (signal: AbortSignal) => Promise<Found> | Found,
  names: readonly string[],
  deps: ExposureDeps,
): Promise<Place> {
  const limit = new AbortController();
  const stop = deps.clock.after(placeLimitMs, () => limit.abort());
  const signal = deps.signal === undefined ? limit.signal : AbortSignal.any([deps.signal, limit.signal]);
  try {
    const found = await look(signal);
    const hits = found.bytes.flatMap((bytes) => deps.find(bytes, names));
    const result: Place = {
      place,
      looked: found.looked,
      note: found.note,
      bytes: found.bytes.reduce((sum, bytes) => sum + bytes.length, 0),
      hits: distinct([...hits.map(({ name, encoding }) => ({ secret: name, encoding })), ...(found.hits ?? [])]),
    };
    for (const bytes of found.bytes) bytes.fill(0);
    return result;
  } catch (error) {
    // A host that went away is no answer about this place, and the rest would not be one either.
    if (isFailure(error) && error.retryable && !limit.signal.aborted) throw error;
    // Masked, since an engine's error may repeat what it was asked about.
    const reason = isFailure(error) ? error.code : reasonOf(error);
    return { place, looked: false, note: deps.mask(reason).slice(0, 200), bytes: 0, hits: [] };
  } finally {
    stop();
  }
}

function distinct(hits: Place["hits"]): Place["hits"] {
  return [...new Map(hits.map((hit) => [`${hit.secret} ${hit.encoding}`, hit])).values()];
}

function utf8(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

/** The environment as it was asked for, and that of the first process as the kernel shows it where one may look. */
async function environment(deps: ExposureDeps, detail: ContainerDetail, signal: AbortSignal): Promise<Found> {
  const asked = utf8(detail.env.join("\0"));
  const live = (await environOnHost(deps, detail, signal)) ?? (await environInside(deps, signal));
  return live === null
    ? { bytes: [asked], note: "as configured; the process's own could not be read", looked: true }
    : { bytes: [asked, live], note: "as configured, and the process's own", looked: true };
}

async function environOnHost(deps: ExposureDeps, detail: ContainerDetail, signal: AbortSignal): Promise<Buffer | null> {
  if (deps.link === null || detail.pid === null || detail.pid <= 0) return null;
  // On a desktop the engine's processes live in a machine of their own, and the number means another program here: the
  // cgroup's name tells whether it is the container's.
  const proc = `/proc/${detail.pid}`;
  const result = await deps.link
    .exec(["cat", `${proc}/cgroup`, `${proc}/environ`], {
      signal,
      onPlace: deps.onPlace,
      timeoutMs: 5_000,
      maxBytes: 2 ** 20,
    })
    .catch(() => null);
  if (result?.code !== 0 || result.truncated || !result.stdout.includes(detail.id)) return null;
  return result.stdout;
}

async function environInside(deps: ExposureDeps, signal: AbortSignal): Promise<Buffer | null> {
  const result = await deps.engine
    .exec(deps.containerId, ["cat", "/proc/1/environ"], { signal, timeoutMs: 5_000, maxBytes: 2 ** 20 })
    .catch(() => null);
  return result?.code === 0 ? result.stdout : null;
}

async function argv(deps: ExposureDeps, detail: ContainerDetail, signal: AbortSignal): Promise<Found> {
  const processes = await deps.engine.top(deps.containerId, { signal });
  const note = `${processes.length} processes`;
  return { bytes: [utf8([...detail.command, ...processes.map(({ args }) => args)].join("\n"))], note, looked: true };
}

async function history(deps: ExposureDeps, detail: ContainerDetail, signal: AbortSignal): Promise<Found> {
  const image = await deps.engine.image(detail.imageId || detail.image, { signal });
  if (image === null) return { bytes: [], note: "the engine no longer has the image", looked: false };
  const texts = [...image.history, ...image.env, ...image.entrypoint, ...image.command, JSON.stringify(image.labels)];
  return { bytes: [utf8(texts.join("\n"))], note: `${image.history.length} layers`, looked: true };
}

/** Modes and owners in `/run/secrets`: the contents are supposed to be there, other readers are not. */
async function files(deps: ExposureDeps, detail: ContainerDetail, signal: AbortSignal): Promise<Found> {
  const ways = [deps.lister ?? null, ["ls", "-lan", "/run/secrets"]];
  for (const way of ways) {
    if (way === null) continue;
    const result = await deps.engine
      .exec(deps.containerId, way, { signal, timeoutMs: 5_000, maxBytes: 2 ** 18 })
      .catch(() => null);
    if (result?.code === 0) return judgedFiles(parseListing(result.stdout.toString("utf8")), detail.user);
  }
  return { bytes: [], note: "the image has no program that lists files", looked: false };
}

interface SecretFile {
  name: string;
  mode: number;
  uid: string;
}

/** `0400 10001 HF_TOKEN`, or a line of `ls -lan`; folders and what is neither are left out. */
export function parseListing(text: string): SecretFile[] {
  return text.split("\n").flatMap((line) => {
    const short = /^0?([0-7]{3,4}) (\d+) (\S+)$/.exec(line);
    if (short !== null)
      return [{ mode: Number.parseInt(short[1] ?? "", 8), uid: short[2] ?? "", name: short[3] ?? "" }];
    const long = /^-([r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-])\S*\s+\d+\s+(\d+)\s+\d+\s.*\s(\S+)$/.exec(line);
    if (long === null) return [];
    const bits = [...(long[1] ?? "")].map((letter) => (/[-ST]/.test(letter) ? "0" : "1")).join("");
    return [{ mode: Number.parseInt(bits, 2), uid: long[2] ?? "", name: long[3] ?? "" }];
  });
}

function judgedFiles(found: readonly SecretFile[], user: string): Found {
  const uid = user.split(":")[0] ?? "";
  const hits = found.flatMap(({ name, mode, uid: owner }) => {
    if ((mode & 0o077) !== 0) return [{ secret: name, encoding: `file-mode-${mode.toString(8).padStart(4, "0")}` }];
    return /^\d+$/.test(uid) && owner !== uid ? [{ secret: name, encoding: `file-owner-${owner}` }] : [];
  });
  return { bytes: [], note: `${found.length} files, modes and owners`, looked: true, hits };
}

async function logs(deps: ExposureDeps, signal: AbortSignal): Promise<Found> {
  const streams = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  let total = 0;
  let cut = false;
  for await (const frames of deps.engine.logs(deps.containerId, { follow: false, tail: logTail, signal })) {
    for (const { stream, bytes } of frames) {
      total += bytes.length;
      if (total > maxLogBytes) cut = true;
      else streams[stream].push(bytes);
    }
    if (cut) break;
  }
  // One haystack a stream: the engine cuts a long line at 16 KiB, and a secret may lie across the cut.
  const bytes = Object.values(streams).map((chunks) => Buffer.concat(chunks));
  return {
    bytes,
    note: cut ? "the first 16 MiB of the last 2,000 lines" : "the last 2,000 lines",
    looked: !cut,
  };
}
