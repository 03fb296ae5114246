/** Launching: judge → check → secrets → network → create → start → ready → inject → load → prove, or all undone. */
export { createLaunches } from "./launches.ts";
export { type LaunchFile, type LaunchRecord, launchFile } from "./records.ts";
export { type LaunchTemplate, loadTemplates, profileOf, publicTemplate } from "./templates.ts";
export type {
  AuditRow,
  LaunchAudit,
  LaunchDeps,
  Launches,
  LaunchHost,
  LaunchHosts,
  LaunchMasker,
  LaunchTimings,
} from "./types.ts";
