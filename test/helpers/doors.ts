import { MessageChannel } from "node:worker_threads";
import { createORPCClient } from "@orpc/client";
import { RPCLink as PortLink } from "@orpc/client/message-port";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { createRouterClient } from "@orpc/server";
import { RPCHandler as PortHandler } from "@orpc/server/message-port";
import { WebSocket } from "ws";
import type { Contract } from "../../electron/contract/index.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import { type DoorCore, openBrowserDoor } from "../../electron/shells/browser/index.ts";

export type Client = ContractRouterClient<Contract>;

export type DoorKind = "in-process" | "message-port" | "websocket";
export const doorKinds: readonly DoorKind[] = ["in-process", "message-port", "websocket"];

export interface OpenDoor {
  client: Client;
  close(): Promise<void>;
}

const agent = "gatehouse-test/1";

/** A client of the core over one of the three transports. `close` ends the transport, never the core. */
export function openDoor(kind: DoorKind, core: DoorCore): Promise<OpenDoor> {
  switch (kind) {
    case "in-process":
      return Promise.resolve(inProcess(core));
    case "message-port":
      return Promise.resolve(overPort(core));
    case "websocket":
      return overSocket(core);
  }
}

function inProcess(core: DoorCore): OpenDoor {
  const context = core.context({ address: "local", userAgent: agent });
  const client = createRouterClient(core.router, { context });
  return { client: client as unknown as Client, close: async () => undefined };
}

function overPort(core: DoorCore): OpenDoor {
  const { port1, port2 } = new MessageChannel();
  const handler = new PortHandler(core.router);
  handler.upgrade(port1 as unknown as MessagePort, { context: core.context({ address: "local", userAgent: agent }) });
  const client = createORPCClient<Client>(new PortLink({ port: port2 as unknown as MessagePort }));
  port1.start();
  port2.start();
  return {
    client,
    async close() {
      const closed = new Promise((resolve) => port1.once("close", resolve));
      port2.close();
      await closed;
    },
  };
}

async function overSocket(core: DoorCore): Promise<OpenDoor> {
  const door = await openBrowserDoor({
    core,
    assets: new Map(),
    clock: systemClock(),
    random: systemRandom(),
  });
  const { client, close } = await socketClient({ port: door.port, token: await redeem(door.newAddress()) });
  return {
    client,
    async close() {
      await close();
      await door.dispose();
    },
  };
}

/** Trades the code of a printed address for the token, as the page does. */
export async function redeem(address: string): Promise<string> {
  const { origin, hash } = new URL(address);
  const answer = await fetch(`${origin}/hand-over`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ code: new URLSearchParams(hash.slice(1)).get("code") }),
  });
  if (!answer.ok) throw new Error(`hand-over: ${answer.status} ${await answer.text()}`);
  const { token } = (await answer.json()) as { token: string };
  return token;
}

/** A client over a socket of the browser door. */
export async function socketClient(options: { port: number; token: string }): Promise<OpenDoor> {
  const origin = `http://127.0.0.1:${options.port}`;
  const socket = new WebSocket(`ws://127.0.0.1:${options.port}/rpc`, ["gatehouse.v1", `token.${options.token}`], {
    headers: { origin, "user-agent": agent },
  });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return {
    client: createORPCClient<Client>(new SocketLink({ websocket: socket as unknown as globalThis.WebSocket })),
    async close() {
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.close();
      await closed;
    },
  };
}
