/**
 * The contract: everything that the renderer can ask of the core. One file a domain; this is their sum.
 * The only room that renderer/ may import.
 */
import { alerts } from "./alerts.ts";
import { app, prompts, settingsContract } from "./app.ts";
import { audit } from "./audit.ts";
import { containers, launches } from "./containers.ts";
import { hosts } from "./hosts.ts";
import { inference } from "./inference.ts";
import { logs } from "./logs.ts";
import { notebooks } from "./notebooks.ts";
import { practice } from "./practice.ts";
import { keychain, secrets } from "./secrets.ts";
import { tunnels } from "./tunnels.ts";

export const contract = {
  app,
  settings: settingsContract,
  prompts,
  hosts,
  containers,
  launches,
  tunnels,
  notebooks,
  secrets,
  keychain,
  logs,
  alerts,
  inference,
  audit,
  practice,
};
export type Contract = typeof contract;

export * from "./alerts.ts";
export * from "./app.ts";
export * from "./audit.ts";
export type { Problem, ProcedureMeta } from "./base.ts";
export * from "./containers.ts";
export * from "./detect.ts";
export * from "./errors.ts";
export * from "./hosts.ts";
export * from "./inference.ts";
export * from "./logColumns.ts";
export * from "./logNotes.ts";
export * from "./logs.ts";
export * from "./notebooks.ts";
export * from "./practice.ts";
export * from "./secrets.ts";
export * from "./tunnels.ts";
