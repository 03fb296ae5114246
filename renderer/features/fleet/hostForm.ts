import type { HostAuth, HostDetail, HostInput } from "../../../electron/contract/index.ts";
import type { MessageId } from "../../app/i18n/index.tsx";

/** The form's fields as text, whatever is picked; `toInput` takes those that count. */
export type HostForm = {
  kind: "ssh" | "local";
  name: string;
  address: string;
  port: string;
  user: string;
  environment: string;
  auth: HostAuth["kind"];
  keyPath: string;
  agentKey: string;
  /** Name in the ssh configuration; empty for none. */
  config: string;
  /** `[user@]name[:port]`, separated by commas. */
  jumps: string;
  transport: NonNullable<Extract<HostInput, { kind: "ssh" }>["transport"]>;
  /** Private keys that others may read are taken too. */
  allowOpenKeys: boolean;
  socketPath: string;
};

export type HostComplaints = Partial<Record<keyof HostForm, MessageId>>;

export function emptyHostForm(environment: string): HostForm {
  return {
    kind: "ssh",
    name: "",
    address: "",
    port: "22",
    user: "",
    environment,
    auth: "key",
    keyPath: "",
    agentKey: "",
    config: "",
    jumps: "",
    transport: "auto",
    allowOpenKeys: false,
    socketPath: "",
  };
}

export function hostFormOf(host: HostDetail): HostForm {
  return {
    kind: host.kind,
    name: host.name,
    address: host.address,
    port: String(host.port || 22),
    user: host.user,
    environment: host.environment,
    auth: host.auth?.kind ?? "key",
    keyPath: host.auth?.kind === "key" ? host.auth.path : "",
    agentKey: host.auth?.kind === "agent" ? (host.auth.fingerprint ?? "") : "",
    config: host.config ?? "",
    jumps: host.jumps.join(", "),
    transport: host.transport,
    allowOpenKeys: host.allowOpenKeys,
    socketPath: host.socketPath ?? "",
  };
}

/** What a person sees at once; the core checks all of it again. */
export function complaintsOf(form: HostForm): HostComplaints {
  const found: HostComplaints = {};
  if (!form.name.trim()) found.name = "form.required";
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(form.environment)) found.environment = "form.environment";
  if (form.socketPath && !form.socketPath.startsWith("/")) found.socketPath = "form.absolutePath";
  if (form.kind === "local") return found;
  if (!form.address) found.address = "form.required";
  else if (!/^(?!-)[A-Za-z0-9._:%-]+$/.test(form.address)) found.address = "form.address";
  if (!form.user) found.user = "form.required";
  else if (!/^(?!-)[A-Za-z0-9._@\\-]+$/.test(form.user)) found.user = "form.user";
  const port = Number(form.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) found.port = "form.port";
  if (form.auth === "key" && !form.keyPath) found.keyPath = "form.required";
  const jumps = jumpsOf(form);
  if (jumps.length > maxJumps || jumps.some((hop) => !hopShape.test(hop))) found.jumps = "form.jumps";
  return found;
}

/** As the contract has it; the core reads each hop again. */
const hopShape = /^(?!-)(?:[A-Za-z0-9._@\\-]+@)?(?:\[[A-Za-z0-9.:%-]+\]|(?!-)[A-Za-z0-9._%-]+)(?::\d{1,5})?$/;

const maxJumps = 8;

function jumpsOf(form: HostForm): string[] {
  return form.jumps
    .split(",")
    .map((hop) => hop.trim())
    .filter((hop) => hop !== "");
}

/** The fields that a host of the ssh configuration brings; its keys and its way stay in the configuration. */
export function fromConfigured(host: { name: string; address: string; user: string; port: number } | null) {
  if (host === null) return { config: "" };
  const { name, address, user, port } = host;
  return { config: name, name, address, user, port: String(port), auth: "config" as const };
}

export function toInput(form: HostForm): HostInput {
  const socket = form.socketPath ? { socketPath: form.socketPath } : {};
  if (form.kind === "local") {
    return { kind: "local", name: form.name.trim(), environment: form.environment, ...socket };
  }
  return {
    kind: "ssh",
    name: form.name.trim(),
    address: form.address,
    port: Number(form.port),
    user: form.user,
    environment: form.environment,
    auth: authOf(form),
    ...(form.config ? { config: form.config } : {}),
    ...(form.jumps.trim() ? { jumps: jumpsOf(form) } : {}),
    ...(form.transport === "auto" ? {} : { transport: form.transport }),
    ...(form.allowOpenKeys ? { allowOpenKeys: true } : {}),
    ...socket,
  };
}

function authOf(form: HostForm): HostAuth {
  switch (form.auth) {
    case "key":
      return { kind: "key", path: form.keyPath };
    case "agent":
      return form.agentKey ? { kind: "agent", fingerprint: form.agentKey } : { kind: "agent" };
    case "password":
    case "interactive":
    case "config":
      return { kind: form.auth };
  }
}
