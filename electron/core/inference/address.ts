import type { ContainerDetail } from "../docker/index.ts";
import { Failure } from "../failure.ts";
import type { HostLink } from "../ssh/index.ts";

/**
 * Where the container's server is reached, as its host sees it: the container's own address on its network, or a port
 * that is published on the loopback interface. The local engine's own networks may be inside a virtual machine, so
 * there a published port comes first. `SERVER_NOT_READY` {reason} when there is neither.
 */
export function serverAddress(
  detail: Pick<ContainerDetail, "addresses" | "ports" | "hostConfig">,
  port: number,
  kind: HostLink["kind"],
): { host: string; port: number } {
  const published = (detail.ports[`${port}/tcp`] ?? []).flatMap(({ hostIp, hostPort }) =>
    hostPort > 0 ? [{ host: hostIp === "::1" || hostIp === "::" ? "::1" : "127.0.0.1", port: hostPort }] : [],
  );
  const own = Object.values(detail.addresses)
    .filter((address) => address !== "")
    .map((host) => ({ host, port }));
  const shared = detail.hostConfig.NetworkMode === "host" ? [{ host: "127.0.0.1", port }] : [];
  const [first] = kind === "local" ? [...published, ...own, ...shared] : [...own, ...published, ...shared];
  if (first === undefined) throw new Failure("SERVER_NOT_READY", { reason: "no address" }, { retryable: true });
  return first;
}
