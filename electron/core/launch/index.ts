/** Launching: judge → check → secrets → network → create → start → ready → inject → load → prove, or all undone. */
export { createLaunches } from "./launches.ts";
export { type LaunchRecord, type LaunchRecordsFile, launchRecordsFile } from "./records.ts";
export { type LaunchTemplate, loadTemplates, profileOf, publicTemplate } from "./templates.ts";
export type { AuditRow, LaunchAudit, LaunchDeps, Launches, LaunchHost, LaunchTimings } from "./types.ts";
