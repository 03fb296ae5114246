import { alerts } from "./en/alerts.ts";
import { audit } from "./en/audit.ts";
import { connections } from "./en/connections.ts";
import { containers } from "./en/containers.ts";
import { detect } from "./en/detect.ts";
import { errors } from "./en/errors.ts";
import { fleet } from "./en/fleet.ts";
import { launch } from "./en/launch.ts";
import { logs } from "./en/logs.ts";
import { notebooks } from "./en/notebooks.ts";
import { rules } from "./en/rules.ts";
import { said } from "./en/said.ts";
import { secrets } from "./en/secrets.ts";
import { shell } from "./en/shell.ts";
import { tunnels } from "./en/tunnels.ts";

const english = {
  ...shell,
  ...fleet,
  ...connections,
  ...containers,
  ...launch,
  ...logs,
  ...detect,
  ...alerts,
  ...tunnels,
  ...notebooks,
  ...secrets,
  ...audit,
  ...errors,
  ...rules,
  ...said,
};

/** Every text of the program has an id; a new one is written here first, then in Russian. */
export type MessageId = keyof typeof english;

export const en: Record<MessageId, string> = english;
