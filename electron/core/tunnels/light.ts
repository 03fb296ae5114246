import type { Problem, TunnelInput, TunnelState } from "../../contract/index.ts";
import { problemOf } from "./probe.ts";
import type { Destination, HostView, ProbeAnswer } from "./types.ts";

/** What the last probe said, while it counts. */
export type Verdict = Exclude<ProbeAnswer, { kind: "lost" }> | { kind: "slow"; why: Problem };

/** What the host's own state says, while there is no way to the far side; `null` when there is one. */
export function hostLight(host: HostView, since: number): TunnelState | null {
  const state = host.state();
  if (state === null) return { light: "needs-you", since, why: { code: "HOST_UNKNOWN", details: {} } };
  if (host.asking() && !host.online()) {
    return { light: "needs-you", since, why: { code: "ANSWER_NEEDED", details: {} } };
  }
  switch (state.phase) {
    case "idle":
      return { light: "needs-you", since, why: { code: "HOST_OFFLINE", details: {} } };
    case "offline":
      return { light: "needs-you", since, why: problemOf(state.reason) };
    case "reconnecting":
      return { light: "connecting", since, why: problemOf(state.reason) };
    case "connecting":
      return { light: "connecting", since, why: null };
    case "online":
    case "degraded":
      return null;
  }
}

export function verdictLight(verdict: Verdict | null, since: number): TunnelState {
  switch (verdict?.kind) {
    case undefined:
      return { light: "connecting", since, why: null };
    case "well":
      return { light: "healthy", since };
    case "slow":
    case "missed":
      return { light: "degraded", since, why: verdict.why };
    case "down":
      return { light: "service-down", since, why: verdict.why };
    case "forbidden":
      return { light: "needs-you", since, why: verdict.why };
  }
}

/** What can't be listened on for a reason that passes by itself is no matter for a person. */
export function deafLight(why: Problem, since: number): TunnelState {
  const passes = why.code === "TIMED_OUT" || why.code === "HOST_OFFLINE" || why.code === "CHANNEL_FAILED";
  return { light: passes ? "connecting" : "needs-you", since, why };
}

export function targetOf(tunnel: TunnelInput): Destination | null {
  return tunnel.kind === "dynamic" ? null : tunnel.target;
}

/** `host:port` or a path; empty for a tunnel that goes everywhere. */
export function nameOf(target: Destination | null): string {
  if (target === null) return "";
  if (target.kind === "unix") return target.path;
  return target.host.includes(":") ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}
