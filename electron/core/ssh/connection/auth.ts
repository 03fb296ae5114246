import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, NextAuthHandler, Prompt } from "ssh2";
import { Failure } from "../../failure.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Ask, SshTarget } from "../target.ts";
import type { ConfiguredKeys, Identity } from "./identity.ts";

/** A password that was right, kept by the link for its reconnects. */
export interface HeldPassword {
  get(): Secret | null;
  set(secret: Secret | null): void;
}

export interface AuthDeps {
  hostId: string;
  target: SshTarget;
  identity: Identity;
  password: HeldPassword;
  ask: Ask;
  signal: AbortSignal;
  /** Runs a question with the handshake's time limit stopped: a person may take minutes. */
  asking<T>(question: () => Promise<T>): Promise<T>;
  /** Ends the attempt with this failure. */
  giveUp(failure: Failure): void;
  /** What the server offers and what is tried, as it happens; for the connection doctor. */
  trace?: AuthTrace | undefined;
}

export interface AuthTrace {
  /** Methods that the server would go on with. */
  offered(methods: readonly string[]): void;
  tried(method: string): void;
  /** The server said that it would take this key. */
  taken(fingerprint: string): void;
}

const maxTries = 3;

/**
 * The plan of authentication, a step at each refusal. The chosen way comes first; what a server asks for beside it (a
 * second factor, or its PAM dialogue in place of `password`) is asked of the person. Nothing else is ever tried.
 */
export function planAuth(deps: AuthDeps): AuthHandlerMiddleware {
  const { identity, target } = deps;
  const username = target.user;
  const tried: string[] = [];
  const note = (method: string) => {
    tried.push(method);
    deps.trace?.tried(method);
  };
  const noKeys = identity.kind === "keys" && (identity.offered.length === 0 || !wished(identity, "publickey"));
  let signed = false;
  let keyOffered = false;
  let passwords = 0;
  let dialogues = 0;
  let left: readonly AuthenticationType[] = [];

  async function step(partial: boolean): Promise<AnyAuthMethod | null> {
    if ((identity.kind === "key" || identity.kind === "agent") && !keyOffered) {
      keyOffered = true;
      note(identity.kind === "key" ? "publickey" : "agent");
      return identity.kind === "key"
        ? { type: "publickey", username, key: identity.key }
        : { type: "agent", username, agent: identity.agent };
    }
    if (tried.length === 0) {
      note("none");
      return { type: "none", username };
    }
    if (identity.kind === "keys" && !noKeys && !keyOffered) {
      keyOffered = true;
      note("publickey");
      return { type: "agent", username, agent: keysOf(identity) };
    }
    if (identity.kind === "keys" && !noKeys && !signed && !asksBeside(identity)) return null;
    // A key that was refused outright is the end: asking for passwords then would train people to type them anywhere.
    if ((identity.kind === "key" || identity.kind === "agent") && !partial && passwords + dialogues === 0) return null;
    const usual =
      identity.kind === "password" ? ["password", "keyboard-interactive"] : ["keyboard-interactive", "password"];
    const order = identity.kind === "keys" ? (identity.preferred ?? usual) : usual;
    const next = order.find((method) => usual.includes(method) && left.some((one) => one === method));
    if (next === "password" && passwords < maxTries) return await passwordStep();
    if (next === "keyboard-interactive" && dialogues < maxTries) return dialogueStep();
    return null;
  }

  function keysOf(keys: ConfiguredKeys) {
    return keys.agentFor({
      signal: deps.signal,
      around: deps.asking,
      onFailure: deps.giveUp,
      onSign(fingerprint) {
        signed = true;
        deps.trace?.taken(fingerprint);
      },
    });
  }

  async function passwordStep(): Promise<AnyAuthMethod> {
    const held = passwords === 0 ? deps.password.get() : null;
    passwords += 1;
    note("password");
    const secret = held ?? (await askPassword());
    // ssh2 takes a string alone; the copy lives until the next garbage collection.
    return { type: "password", username, password: secret.use((value) => value.toString("utf8")) };
  }

  async function askPassword(): Promise<Secret> {
    const { hostId, signal } = deps;
    deps.password.set(null);
    const secret = await deps.asking(() => deps.ask.password({ hostId, user: username, attempt: passwords, signal }));
    if (secret === null) throw new Failure("PROMPT_DISMISSED", { what: "password", user: username });
    deps.password.set(secret);
    return secret;
  }

  function dialogueStep(): AnyAuthMethod {
    dialogues += 1;
    note("keyboard-interactive");
    return {
      type: "keyboard-interactive",
      username,
      prompt(name, instructions, _language, prompts, finish) {
        answer(name, instructions, prompts).then(unlessGone(finish), (error: unknown) => deps.giveUp(asFailure(error)));
      },
    };
  }

  async function answer(name: string, instructions: string, prompts: Prompt[]): Promise<string[]> {
    if (prompts.length > 16) throw new Failure("AUTH_FAILED", authDetails("the server asks too many questions"));
    const question = {
      hostId: deps.hostId,
      name: printable(name),
      instructions: printable(instructions),
      prompts: prompts.map((one) => ({ text: printable(one.prompt), echo: one.echo ?? false })),
      signal: deps.signal,
    };
    const answers = await deps.asking(() => deps.ask.answers(question));
    if (answers === null) throw new Failure("PROMPT_DISMISSED", { what: "answers", user: username });
    return prompts.map((_, i) => answers[i] ?? "");
  }

  function authDetails(reason: string) {
    const { address, port } = target;
    return { address, port, user: username, tried: tried.join(", "), offered: left.join(", "), reason };
  }

  return (methodsLeft: AuthenticationType[] | null, partial: boolean | null, next: NextAuthHandler) => {
    left = methodsLeft ?? left;
    if (methodsLeft) deps.trace?.offered(methodsLeft);
    step(partial === true).then(
      (method) => {
        if (method === null) deps.giveUp(new Failure("AUTH_FAILED", authDetails(whyRefused(identity))));
        else unlessGone(next)(method);
      },
      (error: unknown) => deps.giveUp(asFailure(error)),
    );
  };
}

/** A code that the catalogue has words for: a key that was passed over is the likeliest cause. */
function whyRefused(identity: Identity): string {
  const skipped = identity.kind === "keys" ? identity.skipped : [];
  const open = skipped.find(({ reason }) => reason === "open-permissions");
  if (open) return `open-key: ${open.what}`;
  const other = skipped.find(({ reason }) => reason === "needs-openssh");
  return other ? `needs-openssh: ${other.what}` : "login-refused";
}

function wished({ preferred }: ConfiguredKeys, method: string): boolean {
  return preferred === null || preferred.includes(method);
}

/** The configuration names a password or a dialogue itself: then refused keys are not the end. */
function asksBeside({ preferred }: ConfiguredKeys): boolean {
  return preferred !== null && (preferred.includes("password") || preferred.includes("keyboard-interactive"));
}

/** The connection may be gone when a person answers; ssh2 then throws, and the attempt has failed already. */
function unlessGone<T>(tell: (value: T) => void): (value: T) => void {
  return (value) => {
    try {
      tell(value);
    } catch {}
  };
}

function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure("INTERNAL", {}, { cause: error });
}

/** A server's own words, without anything that could move a cursor or hide text, and not endless. */
export function printable(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, "")
    .slice(0, 2000);
}
