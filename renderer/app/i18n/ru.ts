import type { MessageId } from "./en.ts";
import { audit } from "./ru/audit.ts";
import { containers } from "./ru/containers.ts";
import { errors } from "./ru/errors.ts";
import { fleet } from "./ru/fleet.ts";
import { launch } from "./ru/launch.ts";
import { logs } from "./ru/logs.ts";
import { rules } from "./ru/rules.ts";
import { secrets } from "./ru/secrets.ts";
import { shell } from "./ru/shell.ts";

export const ru: Record<MessageId, string> = {
  ...shell,
  ...fleet,
  ...containers,
  ...launch,
  ...logs,
  ...secrets,
  ...audit,
  ...errors,
  ...rules,
};
