/** The program itself, and the practice fleet. */
import type { AppInfo, PracticeState } from "../../../electron/contract/index.ts";

export const info: AppInfo = {
  version: "0.1.0",
  door: "browser",
  platform: "linux x64",
  runtime: "Node.js 20.20.2",
  dataFolder: "/home/anna/.local/share/gatehouse",
  sshCiphers: "native",
  setAside: [{ file: "hosts.json.2026-11-20", reason: "Unexpected end of JSON input" }],
};

export function practice(running: boolean): PracticeState {
  return {
    running,
    hosts: running
      ? [
          {
            hostId: "orion",
            name: "orion",
            note: "Healthy: two H100, current engine, GPU toolkit. One container on it was started carelessly.",
            faults: [],
          },
          { hostId: "lyra", name: "lyra", note: "An old engine and no GPU toolkit.", faults: ["link-slow"] },
        ]
      : [],
  };
}
