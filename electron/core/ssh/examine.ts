import { lookup } from "node:dns/promises";
import { Failure } from "../failure.ts";
import type { AuthTrace } from "./connection/auth.ts";
import { dial } from "./connection/dial.ts";
import { Held } from "./connection/held.ts";
import { type ConfiguredKeys, type Identity, type KeySkip, loadIdentity } from "./connection/identity.ts";
import type { RouteDeps } from "./connection/route.ts";
import { openCarrier } from "./open.ts";
import { runToEnd } from "./run.ts";
import { keysAtHand } from "./system/keys.ts";
import type { SshTarget } from "./target.ts";
import { defaultTimings } from "./timings.ts";
import { fingerprintOf } from "./trust/fingerprint.ts";

export type ExamineDeps = Omit<RouteDeps, "held" | "timings" | "wire" | "trace" | "onHop">;

/** What was seen, for a person: a kind that the catalogue has words for, and the thing itself. */
export interface Evidence {
  what: "addresses" | "fingerprint" | "offered" | "tried" | "key" | "keyTaken" | "keySkipped";
  text: string;
  /** Why a key was not offered. */
  reason: KeySkip | "";
}

export type ExamineKind = "name" | "tcp" | "keys" | "host-key" | "login" | "channel";

/** Told as it goes: a step begins, gets evidence, and ends well. What is open when the examination rejects has failed. */
export interface Examination {
  begin(kind: ExamineKind, target: SshTarget): void;
  evidence(evidence: Evidence): void;
  done(): void;
}

const seen = (what: Evidence["what"], text: string, reason: Evidence["reason"] = ""): Evidence => ({
  what,
  text,
  reason,
});

/** Goes the whole way to a host with a connection of its own, a step at a time, and tells what it finds. */
export async function examineRoute(deps: ExamineDeps, tell: Examination): Promise<void> {
  const { target } = deps;
  const hosts = [...(target.jumps ?? []), target];
  const [first = target] = hosts;
  if (first.proxyCommand === undefined) await examineNetwork(first, deps, tell);
  const held = new Held();
  try {
    for (const host of hosts) {
      tell.begin("keys", host);
      for (const one of await keysFor(host, deps, held)) tell.evidence(one);
      tell.done();
    }
    const route = { ...deps, held, timings: defaultTimings, ...watch(deps, tell) };
    const carrier = await openCarrier(route);
    try {
      tell.begin("channel", target);
      const command = { line: "true", what: "true", mark: "", slot: () => {} };
      await runToEnd(await carrier.start(command, deps), "true", { signal: deps.signal }, deps.clock);
      tell.done();
    } finally {
      carrier.end();
    }
  } finally {
    held.forget();
  }
}

async function examineNetwork(target: SshTarget, { clock, signal }: ExamineDeps, tell: Examination): Promise<void> {
  const { address } = target;
  tell.begin("name", target);
  const addresses = await lookup(address, { all: true }).catch((error: unknown) => {
    throw new Failure("HOST_NAME_UNRESOLVED", { address }, { cause: error });
  });
  tell.evidence(seen("addresses", addresses.map((one) => one.address).join(", ")));
  tell.done();
  tell.begin("tcp", target);
  const timeoutMs = target.connectTimeoutMs ?? defaultTimings.dialMs;
  (await dial(target, { clock, signal, timeoutMs })).destroy();
  tell.done();
}

/** The key check ends where the proof of who we are begins. */
function watch(deps: ExamineDeps, tell: Examination): Pick<RouteDeps, "onHop" | "trace"> {
  let current = deps.target;
  let proving = false;
  const prove = () => {
    if (proving) return;
    proving = true;
    const { key } = deps.hostKeys.view(current.pinId ?? deps.hostId);
    if (key) tell.evidence(seen("fingerprint", `${key.type} ${key.fingerprint}`));
    tell.done();
    tell.begin("login", current);
  };
  const trace: AuthTrace = {
    offered(methods) {
      prove();
      tell.evidence(seen("offered", methods.join(", ")));
    },
    tried(method) {
      prove();
      if (method !== "none") tell.evidence(seen("tried", method));
    },
    taken: (fingerprint) => tell.evidence(seen("keyTaken", fingerprint)),
  };
  return {
    trace,
    onHop(hop, done) {
      current = hop;
      if (done) return tell.done();
      proving = false;
      tell.begin("host-key", hop);
    },
  };
}

async function keysFor(host: SshTarget, deps: ExamineDeps, held: Held): Promise<Evidence[]> {
  if (deps.target.system !== undefined) return keyNotes(await keysAtHand(host, deps));
  return notesOf(await held.identity(host, () => loadIdentity(host, deps, deps.signal)));
}

function notesOf(identity: Identity): Evidence[] {
  if (identity.kind === "key") {
    return [seen("key", `${identity.key.type} ${fingerprintOf(identity.key.getPublicSSH())}`)];
  }
  return identity.kind === "keys" ? keyNotes(identity) : [];
}

function keyNotes({ offered, skipped }: Pick<ConfiguredKeys, "offered" | "skipped">): Evidence[] {
  const usual = skipped.filter(({ reason }) => reason !== "missing");
  return [
    ...offered.map(({ what, type, fingerprint }) => seen("key", `${what} ${type} ${fingerprint}`.trim())),
    ...(usual.length > 0 || offered.length > 0 ? usual : skipped).map(({ what, detail, reason }) =>
      seen("keySkipped", `${what} ${detail}`.trim(), reason),
    ),
  ];
}
