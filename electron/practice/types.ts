import type { Clock, Disposable, Forker, Random } from "../core/ports.ts";

/** Failure buttons. Each can be switched on and off while everything runs. */
export const practiceFaults = [
  "link-drop", // every SSH connection is cut and new ones are refused
  "link-slow", // 400 ms are added to each answer
  "host-key-changed", // the host shows another key from the next connection on
  "engine-stopped", // the engine's socket is gone
  "disk-full", // create and pull answer "no space left on device"
  "gpu-lost", // the last GPU has fallen off the bus
  "server-500", // the model server answers 500 to load (containers started from now on)
  "server-422-echo", // the model server refuses load and echoes its input (containers started from now on)
  "server-hangs", // the model server never becomes ready (containers started from now on)
  "dies-at-start", // the container exits with 1 at once (containers started from now on)
] as const;
export type PracticeFault = (typeof practiceFaults)[number];

/** One simulated host as the console connects to it: real SSH on the loopback interface. */
export interface PracticeHost {
  id: string;
  name: string;
  address: string;
  port: number;
  user: string;
  /** File of the private key that this host accepts (made at start, mode 0600). */
  keyFile: string;
  /** `SHA256:…` of the host key, pinned by the console without a question. */
  hostKeyFingerprint: string;
  /** The public host key as in known_hosts: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** What this host is for, one sentence. */
  note: string;
}

export interface PracticeFleet extends Disposable {
  hosts: readonly PracticeHost[];
  faults(hostId: string): readonly PracticeFault[];
  /** Throws `Failure("HOST_UNKNOWN")` for an id that is not of this fleet. */
  setFault(hostId: string, fault: PracticeFault, on: boolean): Promise<void>;
}

export interface PracticeOptions {
  /** Private folder (0700): keys stay in it from one start to the next, the rest is removed by `dispose`. */
  dir: string;
  forker: Forker;
  /** Path of the reference inference server's bundle, run once for each container. */
  serverBundle: string;
  /** Folder of the models that the simulated containers see as `MODEL_DIR`. */
  models: string;
  clock: Clock;
  random: Random;
  /** No host goes offline by itself; for tests. */
  steady?: boolean;
}
