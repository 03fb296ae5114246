import type { Events } from "./events.ts";
import { EngineError } from "./http.ts";
import { labelsMatch, type Route, readFilters, route } from "./router.ts";

export interface Network {
  id: string;
  name: string;
  driver: string;
  internal: boolean;
  labels: Record<string, string>;
  options: Record<string, string>;
  createdAt: number;
  /** First three numbers of its /24. */
  prefix: string;
  /** Container id to address. */
  addresses: Map<string, string>;
  builtIn: boolean;
}

export interface Networks {
  find(name: string): Network | undefined;
  attach(network: Network, containerId: string): string;
  detach(containerId: string): void;
  routes: Route[];
}

export interface NetworksOptions {
  events: Events;
  newId(): string;
  now(): number;
  containerName(id: string): string;
}

const maxNetworks = 30;
const bridgeOptions = {
  "com.docker.network.bridge.default_bridge": "true",
  "com.docker.network.bridge.enable_icc": "true",
  "com.docker.network.bridge.enable_ip_masquerade": "true",
  "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
  "com.docker.network.bridge.name": "docker0",
  "com.docker.network.driver.mtu": "1500",
};

export function createNetworks(options: NetworksOptions): Networks {
  const networks: Network[] = ["bridge", "host", "none"].map((name) => ({
    id: options.newId(),
    name,
    driver: name === "none" ? "null" : name,
    internal: false,
    labels: {},
    options: name === "bridge" ? bridgeOptions : {},
    createdAt: options.now(),
    prefix: "172.17.0",
    addresses: new Map(),
    builtIn: true,
  }));
  const find = (name: string) =>
    networks.find((network) => network.name === name || network.id === name) ??
    networks.find((network) => /^[0-9a-f]{4,}$/.test(name) && network.id.startsWith(name));
  const demand = (name: string) => {
    const found = find(name);
    if (found === undefined) throw new EngineError(404, `network ${name} not found`);
    return found;
  };
  const emit = (action: string, network: Network, more: Record<string, string> = {}) =>
    options.events.emit({
      type: "network",
      action,
      id: network.id,
      attributes: { name: network.name, type: network.driver, ...more },
    });

  function create(body: unknown): Network {
    const given = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    const name = String(given.Name ?? "");
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) throw new EngineError(400, `invalid network name: ${name}`);
    if (networks.some((network) => network.name === name)) {
      throw new EngineError(409, `network with name ${name} already exists`);
    }
    const driver = String(given.Driver ?? "bridge") || "bridge";
    if (driver !== "bridge") throw new EngineError(404, `plugin "${driver}" not found`);
    const taken = new Set(networks.map(({ prefix }) => prefix));
    let third = 1;
    while (taken.has(`172.30.${third}`)) third += 1;
    if (networks.length >= maxNetworks) {
      throw new EngineError(
        400,
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
      );
    }
    const network: Network = {
      id: options.newId(),
      name,
      driver,
      internal: given.Internal === true,
      labels: { ...(given.Labels as Record<string, string> | undefined) },
      options: { ...(given.Options as Record<string, string> | undefined) },
      createdAt: options.now(),
      prefix: `172.30.${third}`,
      addresses: new Map(),
      builtIn: false,
    };
    networks.push(network);
    emit("create", network);
    return network;
  }

  function remove(name: string): void {
    const network = demand(name);
    if (network.builtIn) throw new EngineError(403, `${network.name} is a pre-defined network and cannot be removed`);
    if (network.addresses.size > 0) {
      throw new EngineError(
        403,
        `error while removing network: network ${network.name} id ${network.id} has active endpoints`,
      );
    }
    networks.splice(networks.indexOf(network), 1);
    emit("destroy", network);
  }

  return {
    find,
    attach(network, containerId) {
      const used = new Set(network.addresses.values());
      let last = 2;
      while (used.has(`${network.prefix}.${last}`)) last += 1;
      const address = `${network.prefix}.${last}`;
      network.addresses.set(containerId, address);
      emit("connect", network, { container: containerId });
      return address;
    },
    detach(containerId) {
      for (const network of networks) {
        if (network.addresses.delete(containerId)) emit("disconnect", network, { container: containerId });
      }
    },
    routes: [
      route("GET", "/networks", (request, reply) => {
        const filters = readFilters(request.query, request.api);
        const names = filters.get("name");
        const shown = networks.filter(
          (network) =>
            (names === undefined || names.some((name) => network.name.includes(name))) &&
            labelsMatch(network.labels, filters.get("label")),
        );
        reply.json(
          200,
          shown.map((network) => shape(network, options, request.api)),
        );
      }),
      route("POST", "/networks/create", async (request, reply) => {
        const network = create(await request.json());
        reply.json(201, { Id: network.id, Warning: "" });
      }),
      route("GET", "/networks/{}", (request, reply) =>
        reply.json(200, shape(demand(request.params[0] ?? ""), options, request.api)),
      ),
      route("DELETE", "/networks/{}", (request, reply) => {
        remove(request.params[0] ?? "");
        reply.empty(204);
      }),
    ],
  };
}

function shape(network: Network, options: NetworksOptions, api: number): unknown {
  const containers = [...network.addresses].map(([id, address]) => [
    id,
    {
      Name: options.containerName(id),
      EndpointID: id,
      MacAddress: macOf(address),
      IPv4Address: `${address}/24`,
      IPv6Address: "",
    },
  ]);
  const pool =
    network.driver === "bridge" ? [{ Subnet: `${network.prefix}.0/24`, Gateway: `${network.prefix}.1` }] : [];
  return {
    Name: network.name,
    Id: network.id,
    Created: new Date(network.createdAt).toISOString(),
    Scope: "local",
    Driver: network.driver,
    ...(api < 48 ? {} : { EnableIPv4: true }),
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: pool },
    Internal: network.internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(containers),
    Options: network.options,
    Labels: network.labels,
  };
}

/** The engine derives a container's hardware address from its IP address. */
export function macOf(address: string): string {
  const parts = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `02:42:${parts.join(":")}`;
}
