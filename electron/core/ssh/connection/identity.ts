import type { BaseAgent, ParsedKey } from "ssh2";
import { Failure, isFailure, reasonOf } from "../../failure.ts";
import type { Clock } from "../../ports.ts";
import { underHome } from "../paths.ts";
import type { Ask, ConfiguredAuth, SshTarget } from "../target.ts";
import { fingerprintOf } from "../trust/fingerprint.ts";
import { type AgentRing, agentSocket, ChosenKeys, type Env, type OfferedKey, openRing, signedBy } from "./agents.ts";
import { type KeyFileRules, loadKeyFile, publicHalf } from "./keyFile.ts";
import { listRing } from "./ring.ts";

/** What proves who we are, in the form that ssh2 takes. Held as long as the link is wanted, so that a reconnect asks nothing. */
export type Identity =
  | { kind: "key"; key: ParsedKey }
  | { kind: "agent"; agent: BaseAgent }
  | { kind: "password" }
  | { kind: "interactive" }
  | ConfiguredKeys;

/** Several keys in the order of the user's configuration, each unlocked only when the server would take it. */
export interface ConfiguredKeys {
  kind: "keys";
  /** Those that are offered, in order. */
  offered: readonly KeyNote[];
  /** Those that are not, with why. */
  skipped: readonly KeyNote[];
  preferred: readonly string[] | null;
  /** The keys for one attempt: `around` stops the attempt's clock while a person is asked. */
  agentFor(attempt: {
    signal: AbortSignal;
    around<T>(question: () => Promise<T>): Promise<T>;
    onSign(fingerprint: string): void;
    onFailure(failure: Failure): void;
  }): BaseAgent;
}

/** One key that was looked at. */
export interface KeyNote {
  /** Path of the file, or the comment that the agent has for it. */
  what: string;
  from: "file" | "agent";
  type: string;
  /** `SHA256:…`; empty when it could not be read. */
  fingerprint: string;
  /** Why it is not offered; empty when it is. */
  reason: KeySkip | "";
  detail: string;
}

export type KeySkip = "missing" | "open-permissions" | "unreadable" | "needs-openssh" | "limit" | "agent-unavailable";

export interface IdentityDeps {
  hostId: string;
  ask: Ask;
  clock: Clock;
  env: Env;
  home: string;
}

/** sshd ends the connection at the sixth failure (`MaxAuthTries`); one try is left for a password or a code. */
const maxOffered = 5;

/** Reads the key or finds it in the agent, before any connection is made: what fails here costs the host nothing. */
export async function loadIdentity(
  { auth, allowOpenKeys: allowOpen = false }: Pick<SshTarget, "auth" | "allowOpenKeys">,
  deps: IdentityDeps,
  signal: AbortSignal,
): Promise<Identity> {
  switch (auth.kind) {
    case "key": {
      const path = underHome(auth.path, deps.home);
      return { kind: "key", key: await loadKeyFile(path, passphraseOf(path, deps, signal), { allowOpen }) };
    }
    case "agent":
      return { kind: "agent", agent: await oneAgentKey(auth.fingerprint, deps) };
    case "config":
      return await configuredKeys(auth, { ...deps, allowOpen });
    case "password":
    case "interactive":
      return { kind: auth.kind };
  }
}

function passphraseOf(path: string, { ask, hostId }: IdentityDeps, signal: AbortSignal) {
  return (attempt: number) => ask.passphrase({ hostId, path, attempt, signal });
}

/** A key that the user's agent holds. */
export interface AgentKey {
  type: string;
  fingerprint: string;
  comment: string;
}

/** The keys of the user's agent, for a person to choose one from. `AGENT_UNAVAILABLE` when there is none to ask. */
export async function listAgentKeys(deps: Pick<IdentityDeps, "env" | "clock">): Promise<AgentKey[]> {
  const keys = await listRing(agentSocket(deps.env), deps.clock);
  return keys.map(({ type, fingerprint, comment }) => ({ type, fingerprint, comment }));
}

/** One key of the agent and no other. Without a chosen fingerprint the ring must hold exactly one. */
async function oneAgentKey(fingerprint: string | undefined, deps: IdentityDeps): Promise<BaseAgent> {
  const { agent, keys, unusable } = await openRing(agentSocket(deps.env), deps.clock);
  const chosen =
    fingerprint === undefined ? keys : keys.filter((key) => fingerprintOf(key.getPublicSSH()) === fingerprint);
  const [key] = chosen;
  const refuse = (reason: string) =>
    new Failure("AGENT_UNAVAILABLE", { reason, fingerprint: fingerprint ?? "", keys: keys.length });
  const only = unusable.find((one) => fingerprint === undefined || one.fingerprint === fingerprint);
  if (key === undefined && only !== undefined) {
    throw new Failure("OPENSSH_MISSING", { what: `only OpenSSH's client can use the key ${only.type}` });
  }
  if (key === undefined) {
    throw refuse(fingerprint === undefined ? "it holds no usable key" : "it does not hold the chosen key");
  }
  if (chosen.length > 1) throw refuse("it holds several keys: choose one");
  return new ChosenKeys([signedBy(agent, key)]);
}

/** A key to be offered, and the way to sign with it in one attempt. */
interface Candidate {
  note: KeyNote;
  key: ParsedKey;
  offer(sign: { passphrase: (path: string) => Promise<ParsedKey> }): OfferedKey;
}

/** As OpenSSH orders them: what IdentityFile names, then the rest of the agent unless IdentitiesOnly forbids it. */
async function configuredKeys(auth: ConfiguredAuth, deps: IdentityDeps & KeyFileRules): Promise<ConfiguredKeys> {
  const skipped: KeyNote[] = [];
  const ring = await ringOf(auth, deps, skipped);
  const found: Candidate[] = [];
  for (const file of auth.files) {
    const candidate = await candidateOf(underHome(file, deps.home), ring, skipped, deps);
    if (candidate) found.push(candidate);
  }
  const named = new Set(found.map(({ note }) => note.fingerprint));
  for (const key of auth.identitiesOnly || ring === null ? [] : ring.keys) {
    const candidate = ringCandidate(ring, key);
    if (ring !== null && candidate && !named.has(candidate.note.fingerprint)) found.push(candidate);
  }
  const offered = found.slice(0, maxOffered);
  for (const { note } of found.slice(maxOffered)) skipped.push({ ...note, reason: "limit" });
  refuseOnlyOpen(offered, skipped, auth);

  const unlocked = new Map<string, ParsedKey>();
  return {
    kind: "keys",
    offered: offered.map(({ note }) => note),
    skipped,
    preferred: auth.preferred,
    agentFor({ signal, around, onSign, onFailure }) {
      const passphrase = async (path: string): Promise<ParsedKey> => {
        const held = unlocked.get(path);
        if (held) return held;
        try {
          const ask = passphraseOf(path, deps, signal);
          const key = await loadKeyFile(path, (attempt) => around(() => ask(attempt)), deps);
          unlocked.set(path, key);
          return key;
        } catch (error) {
          if (isFailure(error)) onFailure(error);
          throw error;
        }
      };
      return new ChosenKeys(
        offered.map((candidate) => candidate.offer({ passphrase })),
        (key) => onSign(fingerprintOf(key.getPublicSSH())),
      );
    },
  };
}

/** Without this a password would be asked for in place of the key, and nobody would learn what is wrong with it. */
function refuseOnlyOpen(
  offered: readonly Candidate[],
  skipped: readonly KeyNote[],
  { preferred }: ConfiguredAuth,
): void {
  const open = skipped.find(({ reason }) => reason === "open-permissions");
  if (open === undefined || offered.length > 0 || preferred !== null) return;
  const { what: path, detail: mode } = open;
  throw new Failure("KEY_FILE_OPEN", { path, mode, fix: `chmod 600 ${path}` });
}

async function ringOf(auth: ConfiguredAuth, deps: IdentityDeps, skipped: KeyNote[]): Promise<AgentRing | null> {
  if (auth.agent === "none") return null;
  try {
    const ring = await openRing(auth.agent ?? agentSocket(deps.env), deps.clock);
    for (const { type, fingerprint, comment } of ring.unusable) {
      const what = comment || fingerprint;
      skipped.push({ what, from: "agent", type, fingerprint, reason: "needs-openssh", detail: type });
    }
    return ring;
  } catch (error) {
    const detail = isFailure(error) ? String(error.details.reason ?? error.code) : reasonOf(error);
    skipped.push({ what: "", from: "agent", type: "", fingerprint: "", reason: "agent-unavailable", detail });
    return null;
  }
}

function ringCandidate(ring: AgentRing | null, key: ParsedKey, path?: string): Candidate | null {
  if (ring === null) return null;
  const fingerprint = fingerprintOf(key.getPublicSSH());
  const what = path ?? (key.comment.slice(0, 200) || fingerprint);
  const note: KeyNote = { what, from: "agent", type: key.type, fingerprint, reason: "", detail: "" };
  return { note, key, offer: () => signedBy(ring.agent, key) };
}

async function candidateOf(
  path: string,
  ring: AgentRing | null,
  skipped: KeyNote[],
  rules: KeyFileRules,
): Promise<Candidate | null> {
  const note: KeyNote = { what: path, from: "file", type: "", fingerprint: "", reason: "", detail: "" };
  try {
    const half = await publicHalf(path, rules);
    if (half === null) {
      skipped.push({ ...note, reason: "unreadable", detail: "locked in an old format, without its .pub beside it" });
      return null;
    }
    const fingerprint = fingerprintOf(half.getPublicSSH());
    const held = ring?.keys.find((key) => fingerprintOf(key.getPublicSSH()) === fingerprint);
    if (held) return ringCandidate(ring, held, path);
    return {
      note: { ...note, type: half.type, fingerprint },
      key: half,
      offer: ({ passphrase }) => ({
        key: half,
        sign: async (data, { hash }) => {
          const signature = (await passphrase(path)).sign(data, hash);
          if (signature instanceof Error) throw signature;
          return signature;
        },
      }),
    };
  } catch (error) {
    if (!isFailure(error)) throw error;
    skipped.push({ ...note, reason: skipOf(error), detail: String(error.details.reason ?? error.details.mode ?? "") });
    return null;
  }
}

export function skipOf({ code, details }: Failure): KeySkip {
  if (code === "KEY_FILE_OPEN") return "open-permissions";
  if (code === "KEY_FILE_UNREADABLE") return details.reason === "ENOENT" ? "missing" : "unreadable";
  return /^sk-|-cert-v01@/.test(String(details.reason)) ? "needs-openssh" : "unreadable";
}
