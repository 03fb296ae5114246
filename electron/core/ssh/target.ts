import type { Secret } from "../secrets/secret.ts";

export type SshAuth =
  /** A private key file; a leading `~/` is the user's home. */
  | { kind: "key"; path: string }
  /** One key of the user's agent, by its `SHA256:…` fingerprint; without one the agent must hold exactly one key. */
  | { kind: "agent"; fingerprint?: string | undefined }
  | { kind: "password" }
  | { kind: "interactive" };

export interface SshTarget {
  /** Name or address; IPv6 without brackets. */
  address: string;
  port: number;
  user: string;
  auth: SshAuth;
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
