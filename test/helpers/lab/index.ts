/** Real parts for tests: OpenSSH's sshd and ssh-agent, Docker Engine, an image without a registry. */

import { busyboxAvailable, dockerdAvailable } from "./dockerd.ts";
import { jupyterAvailable } from "./jupyter.ts";
import { agentAvailable, sshdAvailable } from "./sshd.ts";

export { busyboxImage, busyboxTag, engineCall, type LabDockerd, startDockerd } from "./dockerd.ts";
export { type LabJupyter, startJupyter } from "./jupyter.ts";
export { type SkAgent, type SkType, startSkAgent } from "./skAgent.ts";
export { type LabAgent, type LabKey, type LabSshd, type SshdOptions, startAgent, startSshd } from "./sshd.ts";

const parts = {
  sshd: sshdAvailable,
  agent: agentAvailable,
  dockerd: dockerdAvailable,
  busybox: busyboxAvailable,
  jupyter: jupyterAvailable,
} as const;

export type LabPart = keyof typeof parts;

/** Why one of the parts can't be had here, or `null` when all can. */
export function available(...wanted: LabPart[]): string | null {
  for (const part of wanted) {
    const reason = parts[part]();
    if (reason !== null) return reason;
  }
  return null;
}

/**
 * For `describe.skipIf`: true when a part is missing, and then a line that says which. With `GATEHOUSE_NO_SKIP=1` (as in
 * `.ci/run`) a missing part is an error.
 */
export function mustSkip(suite: string, ...wanted: LabPart[]): boolean {
  const reason = available(...wanted);
  if (reason === null) return false;
  if (process.env.GATEHOUSE_NO_SKIP === "1") throw new Error(`${suite}: ${reason}`);
  process.stderr.write(`skipped: ${suite}: ${reason}\n`);
  return true;
}
