import type { TunnelInput, TunnelLight, TunnelRow, TunnelState } from "../../../electron/contract/index.ts";
import { type Text, useText } from "../../app/i18n/index.tsx";
import { State, type Tone } from "../../ui/index.ts";
import { Since } from "../common/index.ts";

const tones: Record<TunnelLight, Tone> = {
  stopped: "idle",
  connecting: "accent",
  healthy: "ok",
  degraded: "warn",
  "service-down": "danger",
  "needs-you": "warn",
  "port-taken": "danger",
};

/** Dot, word and age; the reason stands beside it in full. */
export function Light({ state }: { state: TunnelState }) {
  const { t } = useText();
  return (
    <State
      tone={tones[state.light]}
      busy={state.light === "connecting"}
      hollow={state.light === "stopped"}
      word={lightWord(t, state)}
      since={<Since at={state.since} />}
    />
  );
}

function lightWord(t: Text["t"], state: TunnelState): string {
  if (state.light === "port-taken" && state.program !== null) {
    return t("light.port-taken.by", { program: state.program });
  }
  return t(`light.${state.light}`);
}

/** Why the light is what it is; null when that needs no words. */
export function lightReason(text: Text, { state, tunnel }: TunnelRow): { what: string; hint: string } | null {
  switch (state.light) {
    case "stopped":
    case "healthy":
      return null;
    case "connecting":
      return state.why === null ? { what: text.t("light.first"), hint: "" } : text.problem(state.why);
    case "degraded":
    case "service-down":
    case "needs-you":
      return text.problem(state.why);
    case "port-taken":
      return {
        what: text.t(tunnel.kind === "remote" ? "tunnel.remotePortTaken" : "tunnel.portTaken", {
          port: portText(tunnel),
          program: state.program ?? "none",
          pid: state.pid === null ? "none" : String(state.pid),
        }),
        hint: text.t("tunnel.portTakenHint"),
      };
  }
}

/** The port that a person chose, or was given. */
function portText(tunnel: TunnelInput): string {
  if (tunnel.kind !== "remote") return String(tunnel.localPort);
  return tunnel.listen.kind === "tcp" ? String(tunnel.listen.port) : tunnel.listen.path;
}

/** Where connections come in: `127.0.0.1:8888` of this computer, or of the host; a path; `127.0.0.1` before a port is chosen. */
export function listenAddress({ tunnel, listening }: Pick<TunnelRow, "tunnel" | "listening">): string {
  if (tunnel.kind !== "remote") return joined(bindAddress(tunnel) ?? "", tunnel.localPort);
  if (tunnel.listen.kind === "unix") return tunnel.listen.path;
  return joined(tunnel.listen.bind, listening?.port ?? tunnel.listen.port);
}

function joined(host: string, port: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === 0 ? name : `${name}:${port}`;
}

/** `null` for a unix socket. */
function bindAddress(tunnel: TunnelInput): string | null {
  if (tunnel.kind === "dynamic") return "127.0.0.1";
  if (tunnel.kind === "local") return tunnel.bind;
  return tunnel.listen.kind === "tcp" ? tunnel.listen.bind : null;
}

/** The page to open, for tunnels that lead to something a browser can show; behind a taken port is another program. */
export function pageAddress({ tunnel, state }: Pick<TunnelRow, "tunnel" | "state">): string | null {
  if (state.light !== "healthy" && state.light !== "degraded") return null;
  return tunnel.kind === "local" && tunnel.probe.kind === "http" ? `http://127.0.0.1:${tunnel.localPort}/` : null;
}

export function targetText(t: Text["t"], { tunnel }: Pick<TunnelRow, "tunnel">): string {
  if (tunnel.kind === "dynamic") return t("tunnels.anywhere");
  const { target } = tunnel;
  if (target.kind === "unix") return target.path;
  return target.host.includes(":") ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}

/** Others get in: that is never shown quietly. */
export function isExposed({ tunnel }: Pick<TunnelRow, "tunnel">): boolean {
  const bind = bindAddress(tunnel);
  return bind !== null && bind !== "127.0.0.1" && bind !== "::1";
}

/** What an address that lets others in means: theirs in this network, or in the host's. */
export function exposedText(t: Text["t"], row: TunnelRow): string {
  const address = listenAddress(row);
  if (row.tunnel.kind !== "remote") return t("tunnels.exposedText", { address });
  return t("tunnels.exposedRemoteText", { address, host: row.host?.name ?? "" });
}
