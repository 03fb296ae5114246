/**
 * What the core asks of its door. A door (desktop, browser, test) implements these and hands them to `createCore`;
 * the core never learns which door it has.
 */
import type { Duplex } from "node:stream";

/** Milliseconds and timers, so that a test can hold time still. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Monotonic milliseconds; only differences mean anything. */
  mono(): number;
  /** Calls `fn` once after `ms`; the returned function cancels it. */
  after(ms: number, fn: () => void): () => void;
}

/** Randomness and ids. */
export interface Random {
  /** `n` cryptographically random bytes. */
  bytes(n: number): Buffer;
  /** A time-ordered unique id (UUIDv7, RFC 9562). */
  id(): string;
}

/** Where things are kept. Every folder exists with mode 0700 when the core is made. */
export interface Paths {
  /** Settings, hosts, pinned keys, sealed secrets, audit. */
  data: string;
  /** The user's home: `~/.ssh` is looked for here. */
  home: string;
  /** Folder of `assets/` at run time (templates, the inference server's bundle). */
  assets: string;
}

/** The operating system's keychain: one value a (service, account). Values are text to every keychain we know. */
export interface Keyring {
  /** `null` when the keychain can be used, else why it can't, in one plain sentence. */
  probe(): Promise<string | null>;
  set(service: string, account: string, value: string): Promise<void>;
  get(service: string, account: string): Promise<string | null>;
  delete(service: string, account: string): Promise<boolean>;
  accounts(service: string): Promise<string[]>;
  /** Longest value in bytes that this platform takes (Windows 2,560 as UTF-16). */
  readonly maxBytes: number;
}

/** Opens an https link in the user's own browser, after the shell has checked it. */
export interface LinkOpener {
  open(url: string): Promise<void>;
}

/** A notification of the operating system, and a number on the program's icon; where there is none it does nothing. */
export interface Notifier {
  notify(title: string, body: string): void;
  /** 0 takes it away. */
  badge(count: number): void;
}

/** Windows of the door's own for notebooks: each with a memory of its own, kept to its address. */
export interface NotebookWindows {
  /** Shows it, or goes there anew. `url` is good once, and only on this machine. */
  open(id: string, title: string, url: string): void;
  close(id: string): void;
}

/** Who sits at the keyboard, for the audit log. */
export interface Actor {
  user: string;
  /** `desktop`, `browser` or `test`. */
  door: "desktop" | "browser" | "test";
  /** The client's address as the door saw it, anonymised by the audit room; `local` for a MessagePort. */
  address: string;
  userAgent: string;
}

/** A Node program of ours in a process of its own (the desktop door has to ask Electron's main process for it). */
export interface ForkedProgram {
  readonly pid: number | undefined;
  stdout: AsyncIterable<Uint8Array>;
  stderr: AsyncIterable<Uint8Array>;
  /** Exit status, `null` when a signal ended it. */
  exited: Promise<number | null>;
  /** Asks politely (SIGTERM), kills after two seconds. */
  stop(): Promise<void>;
}

export interface Forker {
  /** `module` is a bundle of ours (absolute path); `env` is the program's whole environment. */
  fork(module: string, options: { args?: readonly string[]; env: Record<string, string> }): ForkedProgram;
}

export interface Ports {
  forker: Forker;
  clock: Clock;
  random: Random;
  paths: Paths;
  keyring: Keyring;
  links: LinkOpener;
  notifier: Notifier;
  /** Absent where notebooks open in the person's browser. */
  notebookWindows?: NotebookWindows;
  /** The process environment that the core may read (`SSH_AUTH_SOCK`, `DOCKER_HOST`, `XDG_RUNTIME_DIR`, `USER`). */
  env: Readonly<Record<string, string | undefined>>;
}

/** A byte stream to somewhere, as the rooms pass it around (a channel of an SSH connection, a local socket). */
export type ByteStream = Duplex & {
  /** Tells the way beneath that what comes may come a few milliseconds later, much of it at once. */
  canWait?(): void;
};

/** Where a service listens for "stop". Everything that waits takes one. */
export interface Cancellable {
  signal?: AbortSignal | undefined;
}

/** Whoever opens, closes. */
export interface Disposable {
  dispose(): Promise<void> | void;
}
