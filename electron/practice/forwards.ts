import type { Duplex } from "node:stream";
import type { Connection, ServerChannel } from "ssh2";

/** What clients had the host listen on for them. It is the host's own: no port of this machine is used. */
export interface RemoteForwards {
  /** A global request of a client; false when it is none of these. */
  request(connection: Connection, request: ForwardRequest): boolean;
  /** A stream to whoever listens at a loopback port, or at a socket; `null` when nobody does. */
  open(at: number | string): Promise<Duplex> | null;
  /** Ports that are listened on. */
  ports(): readonly number[];
  /** A client has gone, and what it listened on with it. */
  drop(connection: Connection): void;
}

export interface ForwardRequest {
  name: string;
  data: { bindAddr?: string; bindPort?: number; socketPath?: string };
  accept: (port?: number) => void;
  reject: () => void;
}

interface Listening {
  connection: Connection;
  /** As it was asked for, which is how the client knows it again. */
  bindAddr: string;
}

// The range of Linux (ip_local_port_range).
const firstPort = 32_768;
const lastPort = 60_999;
const maxListening = 64;
/** Any other is root's. */
const leastPort = 1024;

/** As sshd has it with `GatewayPorts no`: whatever address is asked for, the loopback interface is meant. */
export function createRemoteForwards(isTaken: (port: number) => boolean): RemoteForwards {
  const ports = new Map<number, Listening>();
  const sockets = new Map<string, Listening>();
  let next = firstPort;

  function choose(): number | null {
    for (let tries = 0; tries <= lastPort - firstPort; tries += 1) {
      const port = next;
      next = next === lastPort ? firstPort : next + 1;
      if (!ports.has(port) && !isTaken(port)) return port;
    }
    return null;
  }

  function listenAt(connection: Connection, { data, accept, reject }: ForwardRequest): void {
    const { bindAddr = "", bindPort = 0 } = data;
    const port = bindPort === 0 ? choose() : bindPort;
    const refused = port === null || port < leastPort || ports.has(port) || isTaken(port) || ports.size >= maxListening;
    if (refused) {
      reject();
      return;
    }
    ports.set(port, { connection, bindAddr });
    accept(port);
  }

  function listenOn(connection: Connection, { data, accept, reject }: ForwardRequest): void {
    const { socketPath = "" } = data;
    if (socketPath === "" || sockets.has(socketPath) || sockets.size >= maxListening) {
      reject();
      return;
    }
    sockets.set(socketPath, { connection, bindAddr: "" });
    accept();
  }

  function remove<K>(all: Map<K, Listening>, key: K, connection: Connection, request: ForwardRequest): void {
    if (all.get(key)?.connection !== connection) {
      request.reject();
      return;
    }
    all.delete(key);
    request.accept();
  }

  return {
    request(connection, request) {
      const { name, data } = request;
      if (name === "tcpip-forward") listenAt(connection, request);
      else if (name === "cancel-tcpip-forward") remove(ports, data.bindPort ?? 0, connection, request);
      else if (name === "streamlocal-forward@openssh.com") listenOn(connection, request);
      else if (name === "cancel-streamlocal-forward@openssh.com") {
        remove(sockets, data.socketPath ?? "", connection, request);
      } else return false;
      return true;
    },
    open(at) {
      const found = typeof at === "number" ? ports.get(at) : sockets.get(at);
      if (found === undefined) return null;
      return new Promise((resolve, reject) => {
        const done = (error: Error | undefined, channel: ServerChannel) => (error ? reject(error) : resolve(channel));
        if (typeof at === "number") found.connection.forwardOut(found.bindAddr, at, "127.0.0.1", 40_000, done);
        else found.connection.openssh_forwardOutStreamLocal(at, done);
      });
    },
    ports: () => [...ports.keys()],
    drop(connection) {
      for (const all of [ports, sockets] as Map<number | string, Listening>[]) {
        for (const [key, one] of all) if (one.connection === connection) all.delete(key);
      }
    },
  };
}

const loopback = new Set(["127.0.0.1", "localhost", "::1"]);

/** The port that a client of the host means, when it is one of the host's own. */
export function loopbackPort(host: string, port: number): number | null {
  return loopback.has(host) ? port : null;
}
