import type { TunnelInput, TunnelListen, TunnelTarget } from "../../../electron/contract/index.ts";
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
  /** Where the host listens; an empty port is the host's choice. */
  listen: "tcp" | "unix";
  listenPort: string;
  listenPath: string;
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
    listen: "tcp",
    listenPort: "",
    listenPath: "",
    probe: "http",
    probePath: "/",
    autoStart: true,
    bind: "127.0.0.1",
    exposed: false,
  };
}

export function tunnelFormOf(tunnel: TunnelInput): TunnelForm {
  const { kind, name, hostId, autoStart } = tunnel;
  const shared = { ...emptyTunnelForm(hostId), kind, name, autoStart };
  if (tunnel.kind === "dynamic") return { ...shared, localPort: String(tunnel.localPort) };
  const { target, probe, exposed } = tunnel;
  return {
    ...shared,
    ...(tunnel.kind === "local"
      ? { localPort: String(tunnel.localPort), bind: tunnel.bind }
      : listenFields(tunnel.listen)),
    to: target.kind,
    ...(target.kind === "tcp" ? { address: target.host, port: String(target.port) } : { path: target.path }),
    probe: probe.kind,
    ...(probe.kind === "http" ? { probePath: probe.path } : {}),
    exposed,
  };
}

function listenFields(listen: TunnelListen): Partial<TunnelForm> {
  if (listen.kind === "unix") return { listen: "unix", listenPath: listen.path };
  return { listen: "tcp", bind: listen.bind, listenPort: listen.port === 0 ? "" : String(listen.port) };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** What a person sees at once; the core checks all of it again. */
export function complaintsOf(form: TunnelForm): TunnelComplaints {
  const found: TunnelComplaints = {};
  if (!form.name.trim()) found.name = "form.required";
  if (!form.hostId) found.hostId = "form.required";
  const remote = form.kind === "remote";
  if (!remote && form.localPort && !isPort(form.localPort)) found.localPort = "tunnelForm.badPort";
  if (form.kind === "dynamic") return found;
  if (remote && form.listen === "unix" && !/^\/./.test(form.listenPath)) found.listenPath = "form.absolutePath";
  if (remote && form.listen === "tcp" && form.listenPort && !isPort(form.listenPort)) {
    found.listenPort = "tunnelForm.badPort";
  }
  if (form.to === "unix") {
    if (!/^\/./.test(form.path)) found.path = "form.absolutePath";
  } else {
    if (!/^(?!-)[A-Za-z0-9._:%-]+$/.test(form.address)) found.address = "form.address";
    if (!isPort(form.port)) found.port = "tunnelForm.badPort";
  }
  if (form.probe === "http" && !/^\/[!-~]*$/.test(form.probePath)) found.probePath = "tunnelForm.badProbe";
  if (hasBind(form) && !/^[0-9a-fA-F.:]+$/.test(form.bind)) found.bind = "tunnelForm.badBind";
  else if (needsConsent(form) && !form.exposed) found.bind = "tunnelForm.needsExposed";
  return found;
}

/** It listens on an address, which can be another than the loopback interface's. */
export function hasBind({ kind, listen }: Pick<TunnelForm, "kind" | "listen">): boolean {
  return kind === "local" || (kind === "remote" && listen === "tcp");
}

/** It would listen where others get in. */
export function needsConsent(form: Pick<TunnelForm, "kind" | "listen" | "bind">): boolean {
  return hasBind(form) && form.bind !== "127.0.0.1" && form.bind !== "::1";
}

export function toInput(form: TunnelForm): TunnelInput {
  const { kind, hostId, autoStart, bind } = form;
  const shared = { name: form.name.trim(), hostId, autoStart };
  const localPort = Number(form.localPort || 0);
  if (kind === "dynamic") return { kind, ...shared, localPort };
  const ends = {
    target: targetOf(form),
    probe: form.probe === "http" ? { kind: form.probe, path: form.probePath } : { kind: form.probe },
    exposed: needsConsent(form) && form.exposed,
  };
  if (kind === "local") return { kind, ...shared, localPort, bind, ...ends };
  const listen: TunnelListen =
    form.listen === "unix"
      ? { kind: form.listen, path: form.listenPath }
      : { kind: form.listen, bind, port: Number(form.listenPort || 0) };
  return { kind, ...shared, listen, ...ends };
}

function targetOf(form: TunnelForm): TunnelTarget {
  if (form.to === "unix") return { kind: form.to, path: form.path };
  return { kind: form.to, host: form.address, port: Number(form.port) };
}
