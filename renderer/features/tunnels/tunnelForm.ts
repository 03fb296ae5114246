import type { TunnelInput } from "../../../electron/contract/index.ts";
import type { MessageId } from "../../app/i18n/index.tsx";

/** The form's fields as text, whatever is picked; `toInput` takes those that count. */
export type TunnelForm = {
  kind: TunnelInput["kind"];
  name: string;
  hostId: string;
  to: "tcp" | "unix";
  address: string;
  port: string;
  path: string;
  /** Empty: one is picked. */
  localPort: string;
  probe: "http" | "tcp" | "none";
  probePath: string;
  autoStart: boolean;
  bind: string;
  exposed: boolean;
};

export type TunnelComplaints = Partial<Record<keyof TunnelForm, MessageId>>;

export function emptyTunnelForm(hostId: string): TunnelForm {
  return {
    kind: "local",
    name: "",
    hostId,
    to: "tcp",
    address: "127.0.0.1",
    port: "",
    path: "",
    localPort: "",
    probe: "http",
    probePath: "/",
    autoStart: true,
    bind: "127.0.0.1",
    exposed: false,
  };
}

export function tunnelFormOf(tunnel: TunnelInput): TunnelForm {
  const { kind, name, hostId, autoStart } = tunnel;
  const shared = { ...emptyTunnelForm(hostId), kind, name, autoStart, localPort: String(tunnel.localPort) };
  if (tunnel.kind === "dynamic") return shared;
  const { target, probe, bind, exposed } = tunnel;
  return {
    ...shared,
    to: target.kind,
    ...(target.kind === "tcp" ? { address: target.host, port: String(target.port) } : { path: target.path }),
    probe: probe.kind,
    ...(probe.kind === "http" ? { probePath: probe.path } : {}),
    bind,
    exposed,
  };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** What a person sees at once; the core checks all of it again. */
export function complaintsOf(form: TunnelForm): TunnelComplaints {
  const found: TunnelComplaints = {};
  if (!form.name.trim()) found.name = "form.required";
  if (!form.hostId) found.hostId = "form.required";
  if (form.localPort && !isPort(form.localPort)) found.localPort = "tunnelForm.badPort";
  if (form.kind === "dynamic") return found;
  if (form.to === "unix") {
    if (!/^\/./.test(form.path)) found.path = "form.absolutePath";
  } else {
    if (!/^(?!-)[A-Za-z0-9._:%-]+$/.test(form.address)) found.address = "form.address";
    if (!isPort(form.port)) found.port = "tunnelForm.badPort";
  }
  if (form.probe === "http" && !/^\/[!-~]*$/.test(form.probePath)) found.probePath = "tunnelForm.badProbe";
  if (!/^[0-9a-fA-F.:]+$/.test(form.bind)) found.bind = "tunnelForm.badBind";
  else if (needsConsent(form) && !form.exposed) found.bind = "tunnelForm.needsExposed";
  return found;
}

/** It would listen where others get in. */
export function needsConsent({ kind, bind }: Pick<TunnelForm, "kind" | "bind">): boolean {
  return kind === "local" && bind !== "127.0.0.1" && bind !== "::1";
}

export function toInput(form: TunnelForm): TunnelInput {
  const { kind, hostId, autoStart, bind } = form;
  const shared = { name: form.name.trim(), hostId, autoStart, localPort: Number(form.localPort || 0) };
  if (kind === "dynamic") return { kind, ...shared };
  return {
    kind,
    ...shared,
    target:
      form.to === "unix"
        ? { kind: "unix", path: form.path }
        : { kind: "tcp", host: form.address, port: Number(form.port) },
    probe: form.probe === "http" ? { kind: "http", path: form.probePath } : { kind: form.probe },
    bind,
    exposed: needsConsent(form) && form.exposed,
  };
}
