import type { TensorView } from "../../contract/inference.ts";
import type { ContainerDetail, Engine } from "../docker/index.ts";
import { Failure } from "../failure.ts";
import type { MaskGuard } from "../logs/index.ts";
import type { Clock } from "../ports.ts";
import type { ApiKeys, Secret } from "../secrets/index.ts";
import type { HostLink } from "../ssh/index.ts";
import { serverAddress } from "./address.ts";
import {
  type ChatRequest,
  type ChatResult,
  createModelServer,
  type InferResult,
  type ModelServer,
  type ServerProfile,
} from "./server.ts";

export interface ModelAccessDeps {
  /** Rejects with `HOST_UNKNOWN` or `HOST_OFFLINE`. */
  engineOf(hostId: string): Pick<Engine, "inspect">;
  linkOf(hostId: string): Pick<HostLink, "kind" | "openTcp">;
  /** How the template's image is spoken to; `null` when it is no model server. */
  profileOf(template: string): ServerProfile | null;
  apiKeys: Pick<ApiKeys, "get">;
  mask: Pick<MaskGuard, "bytes" | "text">;
  clock: Pick<Clock, "after" | "mono">;
}

interface One {
  hostId: string;
  containerId: string;
}

/** Questions to running model servers, through the tunnel, with their keys. */
export interface ModelAccess {
  chat(input: One & ChatRequest, signal?: AbortSignal): Promise<ChatResult>;
  infer(input: One & { inputs: Readonly<Record<string, TensorView>> }, signal?: AbortSignal): Promise<InferResult>;
}

export function createModelAccess(deps: ModelAccessDeps): ModelAccess {
  async function asking<T>(
    { hostId, containerId }: One,
    signal: AbortSignal | undefined,
    ask: (server: ModelServer) => Promise<T>,
  ): Promise<T> {
    const detail = await deps.engineOf(hostId).inspect(containerId, { signal });
    const profile = deps.profileOf(detail.labels["io.gatehouse.template"] ?? "");
    if (profile === null) throw new Failure("SERVER_NOT_READY", { reason: "not a model server of this console" });
    if (detail.state !== "running") throw new Failure("SERVER_NOT_READY", { reason: detail.state });
    const apiKey = await deps.apiKeys.get(detail.id);
    if (apiKey === null) throw new Failure("SERVER_REFUSED_KEY", { reason: "its key is not in this console" });
    try {
      return await ask(serverOf({ ...deps, link: deps.linkOf(hostId), detail, profile, apiKey }));
    } finally {
      apiKey.dispose();
    }
  }

  return {
    chat: (input, signal) => asking(input, signal, (server) => server.chat(input, { signal })),
    infer: (input, signal) => asking(input, signal, (server) => server.infer(input.inputs, { signal })),
  };
}

export interface ContainerServer extends Pick<ModelAccessDeps, "mask" | "clock"> {
  link: Pick<HostLink, "kind" | "openTcp">;
  detail: Pick<ContainerDetail, "addresses" | "ports" | "hostConfig">;
  profile: ServerProfile;
  apiKey: Secret;
}

/** The server in a container, by the address that its inspect tells. */
export function serverOf({ link, detail, profile, ...deps }: ContainerServer): ModelServer {
  const open = async (signal: AbortSignal) => {
    const { host, port } = serverAddress(detail, profile.port, link.kind);
    return link.openTcp(host, port, { signal });
  };
  return createModelServer({ ...deps, profile, open });
}
