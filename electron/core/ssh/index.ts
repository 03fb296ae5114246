/** SSH: one multiplexed connection a host, host keys, limits; and this machine as a host beside it. */

export { type ConfiguredHost, createSshConfig, type SshConfig } from "./config/index.ts";
export { type FoundRoute, findRoute, type WantedHost } from "./config/targets.ts";
export { type AgentKey, listAgentKeys } from "./connection/identity.ts";
export { remoteName } from "./connection/remoteListeners.ts";
export { type Examination, type ExamineDeps, examineRoute } from "./examine.ts";
export { type ConnectGate, createConnectGate, pause } from "./limits.ts";
export { createSshLink, type SshLinkDeps } from "./link.ts";
export { createLocalLink, type LocalLinkDeps } from "./local.ts";
export { quote } from "./quote.ts";
export { type Certificate, readCertificate } from "./system/certificate.ts";
export type { Ask, SshAuth, SshTarget } from "./target.ts";
export type { LinkTimings } from "./timings.ts";
export { fingerprintOf, randomartOf } from "./trust/fingerprint.ts";
export { createHostKeys, type HostKeyQuestion, type HostKeys, type PinStore } from "./trust/hostKeys.ts";
export type { HostKeyIncident, HostKeyRecord, HostKeyVerdict, LastBoot, PinnedKey } from "./trust/judge.ts";
export type {
  Channels,
  ExecOptions,
  ExecResult,
  HostLink,
  LinkReason,
  LinkState,
  Queued,
  RemoteAddress,
  RemoteCaller,
  RemoteListener,
  Spawned,
} from "./types.ts";
