import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../core/failure.ts";
import { Host } from "./host.ts";
import { hostSpecs } from "./hostSpecs.ts";
import { keepKey } from "./keys.ts";
import { openRunDir } from "./runDir.ts";
import type { PracticeFleet, PracticeOptions } from "./types.ts";

/**
 * Brings up the practice fleet: simulated GPU hosts with real SSH on the loopback interface, a Docker Engine API each,
 * and the reference inference server as a real process for each container. Rejects when a host can't be brought up;
 * nothing is left then.
 */
export async function startPractice(options: PracticeOptions): Promise<PracticeFleet> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const keysDir = join(options.dir, "keys");
  const runDir = openRunDir(options.dir);
  const hosts = new Map<string, Host>();
  const dispose = async () => {
    await Promise.all([...hosts.values()].map((host) => host.dispose()));
    rmSync(runDir, { recursive: true, force: true });
  };
  try {
    const clientKey = keepKey(keysDir, "operator");
    for (const spec of hostSpecs) hosts.set(spec.id, await Host.open({ ...options, spec, clientKey, keysDir, runDir }));
  } catch (error) {
    await dispose();
    throw error;
  }
  const demand = (id: string): Host => {
    const host = hosts.get(id);
    if (host === undefined) throw new Failure("HOST_UNKNOWN", { host: id });
    return host;
  };
  return {
    hosts: [...hosts.values()].map(({ info }) => info),
    faults: (hostId) => demand(hostId).faults(),
    setFault: async (hostId, fault, on) => demand(hostId).setFault(fault, on),
    dispose,
  };
}
