/** What the behaviour suites share: looking at a host past the console, steering a launch, reading its audit rows. */
import { request } from "node:http";
import type {
  AuditRowView,
  LaunchStepId,
  LaunchView,
  Prompt,
  PromptAnswerInput,
} from "../../electron/contract/index.ts";
import type { Client } from "./doors.ts";
import { engineCall } from "./lab/index.ts";
import { testLink } from "./lab/link.ts";
import { until } from "./until.ts";

/** One call to an engine, not made by the code under test. */
export type EngineCaller = (method: string, path: string) => Promise<{ status: number; body: string }>;

export function socketEngine(socket: string): EngineCaller {
  return (method, path) => engineCall(socket, method, path);
}

/** The engine of a practice host over an SSH connection of the test's own. */
export async function practiceEngine(
  client: Client,
  hostId: string,
): Promise<{ call: EngineCaller; close(): Promise<void> }> {
  const { address, port, user, auth } = await client.hosts.get({ hostId });
  if (auth === null || auth.kind === "config") throw new Error("a practice host is reached over SSH");
  const { link } = testLink({ address, port, user, auth });
  const call: EngineCaller = async (method, path) => {
    await link.ready();
    const stream = await link.openUnix("/var/run/docker.sock");
    return await new Promise((resolve, reject) => {
      const outgoing = request({ createConnection: () => stream, method, path, headers: { connection: "close" } });
      outgoing.once("error", reject);
      outgoing.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: String(Buffer.concat(chunks)) }));
      });
      outgoing.end();
    });
  };
  return { call, close: async () => await link.dispose() };
}

/** What a launch could leave on a host: its containers (names and ids), networks and volumes. */
export async function remainsOn(
  call: EngineCaller,
): Promise<{ containers: string[]; networks: string[]; volumes: string[] }> {
  const read = async (path: string): Promise<unknown> => JSON.parse((await call("GET", path)).body);
  const containers = (await read("/containers/json?all=1")) as { Id: string; Names: string[] }[];
  const networks = (await read("/networks")) as { Name: string }[];
  const volumes = (await read("/volumes")) as { Volumes: { Name: string }[] | null };
  return {
    containers: containers.map(({ Id, Names }) => `${Names.join()} ${Id}`).sort(),
    // Of the built-in ones an engine makes new ids at each start.
    networks: networks.map(({ Name }) => Name).sort(),
    volumes: (volumes.Volumes ?? []).map(({ Name }) => Name).sort(),
  };
}

/** Calls `act` once, when the step runs, and returns the view with which the launch ended. */
export async function watchUntilStep(
  client: Client,
  launchId: string,
  step: LaunchStepId,
  act: (view: LaunchView) => Promise<unknown>,
  limitMs = 60_000,
): Promise<LaunchView> {
  let acted: Promise<unknown> | null = null;
  let last: LaunchView | null = null;
  for await (const view of await client.launches.watch({ launchId }, { signal: AbortSignal.timeout(limitMs) })) {
    last = view;
    const state = view.steps.find(({ id }) => id === step)?.state;
    if (acted === null && state !== "waiting") acted = act(view);
    if (view.state !== "running") break;
  }
  if (acted === null || last === null) throw new Error(`the launch never came to ${step}: ${JSON.stringify(last)}`);
  await acted;
  return last;
}

/** All rows of one launch, oldest first. */
export async function auditOf(client: Client, launchId: string): Promise<AuditRowView[]> {
  const rows: AuditRowView[] = [];
  for (let before: number | undefined; ; ) {
    const page = await client.audit.page({ limit: 500, ...(before === undefined ? {} : { before }) });
    rows.push(...page.rows);
    before = page.rows.at(-1)?.seq;
    if (!page.more || before === undefined) break;
  }
  return rows.filter((row) => row.requestId === launchId).reverse();
}

/**
 * What is wrong with the rows of one launch: a high action without an intent before it, an intent without an outcome.
 * Empty is what every caller hopes for.
 */
export function gapsIn(rows: readonly AuditRowView[]): string[] {
  const open = new Map<string, number>();
  const gaps: string[] = [];
  for (const { action, outcome, severity } of rows) {
    const waiting = open.get(action) ?? 0;
    if (outcome === "intent") open.set(action, waiting + 1);
    else if (waiting > 0) open.set(action, waiting - 1);
    else if (severity === "high") gaps.push(`${action}: ${outcome} without an intent`);
  }
  return [...gaps, ...[...open].filter(([, count]) => count > 0).map(([action]) => `${action}: no outcome`)];
}

/** Answers the console's questions until `stop`; what was asked is in `asked`. A question without an answer is dismissed. */
export function answering(
  client: Client,
  answer: (prompt: Prompt) => PromptAnswerInput | null,
): { asked: Prompt[]; stop(): Promise<void> } {
  const asked: Prompt[] = [];
  const stopped = new AbortController();
  const done = (async () => {
    try {
      for await (const prompts of await client.prompts.watch(undefined, { signal: stopped.signal })) {
        for (const prompt of prompts) {
          if (asked.some(({ id }) => id === prompt.id)) continue;
          asked.push(prompt);
          await client.prompts.answer({ id: prompt.id, answer: answer(prompt) ?? { kind: "dismiss" } });
        }
      }
    } catch (error) {
      if (!stopped.signal.aborted) throw error;
    }
  })();
  return {
    asked,
    async stop() {
      stopped.abort();
      await done;
    },
  };
}

/** The typed error of a call as data: what a person would be told. Throws when the call succeeds or the error is untyped. */
export async function refusalOf(call: Promise<unknown>): Promise<{ code: string; details: Record<string, unknown> }> {
  const outcome = await call.then(
    () => null,
    (error: unknown) => error as { code?: unknown; defined?: unknown; data?: { details?: Record<string, unknown> } },
  );
  if (outcome === null) throw new Error("the call succeeded");
  if (outcome.defined !== true || typeof outcome.code !== "string" || outcome.data?.details === undefined) {
    throw new Error("the error is not a typed one", { cause: outcome });
  }
  return { code: outcome.code, details: outcome.data.details };
}

/** Resolves with the reason for which the link is not online, once it has one. */
export async function offlineReason(
  client: Client,
  hostId: string,
): Promise<{ code: string; details: Record<string, unknown> }> {
  return await until(
    async () => {
      const { link } = await client.hosts.get({ hostId });
      return link.phase === "offline" || link.phase === "reconnecting" ? link.reason : undefined;
    },
    { timeoutMs: 20_000, what: "the host is offline with a reason" },
  );
}
