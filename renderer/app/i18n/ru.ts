import type { MessageId } from "./en.ts";
import { alerts } from "./ru/alerts.ts";
import { audit } from "./ru/audit.ts";
import { connections } from "./ru/connections.ts";
import { containers } from "./ru/containers.ts";
import { detect } from "./ru/detect.ts";
import { errors } from "./ru/errors.ts";
import { fleet } from "./ru/fleet.ts";
import { launch } from "./ru/launch.ts";
import { logs } from "./ru/logs.ts";
import { notebooks } from "./ru/notebooks.ts";
import { rules } from "./ru/rules.ts";
import { said } from "./ru/said.ts";
import { secrets } from "./ru/secrets.ts";
import { shell } from "./ru/shell.ts";
import { tunnels } from "./ru/tunnels.ts";

export const ru: Record<MessageId, string> = {
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
