/** The client's side of the transport bench, in a thread of its own as a page is in a process of its own. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import { socketClient } from "../helpers/doors.ts";
import { type Figures, measure, type TransportClient } from "./transportMeasure.ts";

export type ClientWork =
  | { kind: "message-port"; port: MessagePort }
  | { kind: "websocket"; port: number; token: string };

async function open(work: ClientWork): Promise<{ client: unknown; close(): void }> {
  if (work.kind === "websocket") return socketClient(work);
  const { port } = work;
  const client = createORPCClient(new RPCLink({ port: port as unknown as globalThis.MessagePort }));
  port.start();
  return { client, close: () => port.close() };
}

const { client, close } = await open(workerData as ClientWork);
const figures: Figures = await measure(client as TransportClient);
close();
parentPort?.postMessage(figures);
