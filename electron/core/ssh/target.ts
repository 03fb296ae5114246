import type { Secret } from "../secrets/secret.ts";
import type { SystemWay } from "./system/way.ts";

export type SshAuth =
  /** A private key file; a leading `~/` is the user's home. */
  | { kind: "key"; path: string }
  /** One key of the user's agent, by its `SHA256:…` fingerprint; without one the agent must hold exactly one key. */
  | { kind: "agent"; fingerprint?: string | undefined }
  | { kind: "password" }
  | { kind: "interactive" }
  | ConfiguredAuth;

/** Keys as the user's ssh configuration names them: each by the agent when that holds it, else from its file. */
export interface ConfiguredAuth {
  kind: "config";
  /** Private key files in order; those that do not exist are passed over. */
  files: readonly string[];
  /** Nothing of the agent but what `files` names. */
  identitiesOnly: boolean;
  /** Socket of the agent; `null` is `SSH_AUTH_SOCK`, `"none"` is without. */
  agent: string | null;
  /** `PreferredAuthentications`, when it was set. */
  preferred: readonly string[] | null;
}

/** Where and how to connect. What is optional comes from the user's ssh configuration. */
export interface SshTarget {
  /** Name or address; IPv6 without brackets. */
  address: string;
  port: number;
  user: string;
  auth: SshAuth;
  /** Take private keys that others may read too: a person has told to, for this host. */
  allowOpenKeys?: boolean | undefined;
  /** Under which id the host key is pinned; the host's own without one. */
  pinId?: string | undefined;
  /** `HostKeyAlias`: the name under which the key is looked for, without a port. */
  hostKeyAlias?: string | undefined;
  /** known_hosts files in place of the usual ones. */
  knownHosts?: readonly string[] | undefined;
  /** What an unknown key means: a question (`ask`), a refusal (`yes`), or a pin without a question (`accept-new`). */
  strict?: "ask" | "yes" | "accept-new" | undefined;
  keepAlive?: { intervalMs: number; misses: number } | undefined;
  connectTimeoutMs?: number | undefined;
  /** Hosts to go through, nearest first, each with its own key check and its own keep-alive. */
  jumps?: readonly SshTarget[] | undefined;
  /** A command whose input and output are the way to the host. From the user's own configuration alone. */
  proxyCommand?: string | undefined;
  /** OpenSSH's client carries the connection instead of the library. */
  system?: { way: SystemWay; certificates: readonly string[] } | undefined;
  /** How OpenSSH's client takes over when a host of the way offers a certificate; told when it has. */
  ifCertified?: { system: NonNullable<SshTarget["system"]>; taken: () => void } | undefined;
}

/**
 * The questions that this room may have to ask a person. `null` or `false` is a dismissal. A returned `Secret` belongs to
 * the link, which disposes it. `signal` fires when the answer is no longer wanted.
 */
export interface Ask {
  passphrase(question: { hostId: string; path: string; attempt: number; signal: AbortSignal }): Promise<Secret | null>;
  password(question: { hostId: string; user: string; attempt: number; signal: AbortSignal }): Promise<Secret | null>;
  /** Keyboard-interactive (RFC 4256): one answer for each prompt. The texts are the server's own, made printable. */
  answers(question: {
    hostId: string;
    name: string;
    instructions: string;
    prompts: { text: string; echo: boolean }[];
    signal: AbortSignal;
  }): Promise<string[] | null>;
  /** A security key waits to be touched; `text` is what OpenSSH says of it. Resolves when it was dismissed, or with `signal`. */
  touch(question: { hostId: string; text: string; signal: AbortSignal }): Promise<void>;
  /** `art` is OpenSSH's picture of the key, 11 lines. */
  hostKey(question: {
    hostId: string;
    address: string;
    port: number;
    type: string;
    fingerprint: string;
    art: string;
    signal: AbortSignal;
  }): Promise<boolean>;
}
