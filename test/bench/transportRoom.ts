/** The log room behind the router's guard, over a log that is long and stands still. */
import { randomBytes } from "node:crypto";
import type { Audit } from "../../electron/core/audit/index.ts";
import { createLogRoom, createMasker } from "../../electron/core/logs/index.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import { bugText, guarded } from "../../electron/core/router/guard.ts";
import { logRoutes } from "../../electron/core/router/logs.ts";
import type { Services } from "../../electron/core/router/services.ts";
import { telling } from "../helpers/logStories.ts";
import { LOG } from "./transportMeasure.ts";

const SECRETS = 100;

export function roomRoutes() {
  const masker = createMasker();
  for (let i = 0; i < SECRETS; i++) masker.register(`SECRET_${i}`, randomBytes(25));
  const logs = createLogRoom({
    sources: { console: () => telling({ story: "plain", rate: 0, past: LOG, apartMs: 1 }) },
    masker,
    clock: systemClock(),
    random: systemRandom(),
  });
  const os = guarded({
    // Whoever only reads leaves no row.
    audit: {} as Audit,
    mask: masker,
    onBehalfOf: (_, work) => work(),
    bug: (path, error) => console.error(bugText(path, error)),
  });
  return logRoutes(os, { logs } as unknown as Services);
}
