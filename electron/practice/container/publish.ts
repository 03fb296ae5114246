import { connect, createServer, type Socket } from "node:net";
import { EngineError } from "../engine/http.ts";
import { type Container, type Published, servicePort } from "./types.ts";

/**
 * Loopback bindings get a real listener of this machine. A binding on all interfaces is only shown, never made: a
 * practice container must not be reachable from the network.
 */
export async function publish(container: Container, all: Iterable<Container>): Promise<void> {
  const taken = new Set([...all].flatMap((each) => each.published.map(({ hostPort }) => hostPort)));
  for (const [port, bindings] of Object.entries(container.hostConfig.PortBindings)) {
    for (const binding of bindings ?? []) {
      const hostIp = binding.HostIp === "" ? "0.0.0.0" : binding.HostIp;
      const asked = Number(binding.HostPort || 0);
      const fail = (reason: string) =>
        new EngineError(
          500,
          `driver failed programming external connectivity on endpoint ${container.name} (${container.id}): ${reason}`,
        );
      if (asked !== 0 && taken.has(asked)) throw fail(`Bind for ${hostIp}:${asked} failed: port is already allocated`);
      if (hostIp === "127.0.0.1" && Number.parseInt(port, 10) === servicePort(container)) {
        container.published.push(await listenFor(container, port, asked, fail));
      } else {
        let hostPort = asked || 32_768;
        while (asked === 0 && taken.has(hostPort)) hostPort += 1;
        container.published.push({ port, hostIp, hostPort, close: () => {} });
      }
      const last = container.published.at(-1);
      if (last !== undefined) taken.add(last.hostPort);
    }
  }
}

const maxProxied = 64;

function listenFor(
  container: Container,
  port: string,
  asked: number,
  fail: (reason: string) => Error,
): Promise<Published> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const target = container.program?.port ?? null;
    if (target === null || sockets.size >= maxProxied) return void socket.destroy();
    const inner = connect(target, "127.0.0.1");
    for (const each of [socket, inner]) {
      sockets.add(each);
      each.on("error", () => each.destroy());
      each.once("close", () => {
        sockets.delete(each);
        socket.destroy();
        inner.destroy();
      });
    }
    socket.pipe(inner).pipe(socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", () => reject(fail(`Bind for 127.0.0.1:${asked} failed: port is already allocated`)));
    server.listen(asked, "127.0.0.1", () => {
      const address = server.address();
      const hostPort = address !== null && typeof address === "object" ? address.port : asked;
      resolve({
        port,
        hostIp: "127.0.0.1",
        hostPort,
        close() {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });
}
