import type { TunnelLight, TunnelRow, TunnelState } from "../../../electron/contract/index.ts";
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
        what: text.t("tunnel.portTaken", {
          port: String(tunnel.localPort),
          program: state.program ?? "none",
          pid: state.pid === null ? "none" : String(state.pid),
        }),
        hint: text.t("tunnel.portTakenHint"),
      };
  }
}

/** `127.0.0.1:8888` */
export function localAddress({ tunnel }: Pick<TunnelRow, "tunnel">): string {
  const host = tunnel.kind === "local" ? tunnel.bind : "127.0.0.1";
  return host.includes(":") ? `[${host}]:${tunnel.localPort}` : `${host}:${tunnel.localPort}`;
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
  return tunnel.kind === "local" && tunnel.bind !== "127.0.0.1" && tunnel.bind !== "::1";
}
