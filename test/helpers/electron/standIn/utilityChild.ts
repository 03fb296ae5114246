/** Loaded into each utility process first: gives it `process.parentPort`, over Node's own channel to its parent. */
import { EventEmitter } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { PortMain } from "./ports.ts";
import type { ToChild } from "./utilityProcess.ts";

const ports = new Map<number, MessagePort>();
const waiting: { data: unknown; ports: PortMain[] }[] = [];

class ParentPort extends EventEmitter {
  postMessage(message: unknown): void {
    process.send?.({ type: "message", data: structuredClone(message) });
  }
}
const parentPort = new ParentPort();
parentPort.on("newListener", (name) => {
  if (name === "message")
    queueMicrotask(() => waiting.splice(0).forEach((event) => void parentPort.emit("message", event)));
});

process.on("message", (message: ToChild) => {
  switch (message.type) {
    case "message": {
      const event = { data: message.data, ports: message.ports.map(bridge) };
      if (parentPort.listenerCount("message") > 0) parentPort.emit("message", event);
      else waiting.push(event);
      break;
    }
    case "port":
      ports.get(message.id)?.postMessage(message.data);
      break;
    case "port-closed":
      ports.get(message.id)?.close();
      ports.delete(message.id);
      break;
  }
});
// A utility process lives until it is told to end, and not without its parent.
process.on("disconnect", () => process.exit(1));

function bridge(id: number): PortMain {
  const { port1, port2 } = new MessageChannel();
  ports.set(id, port2);
  port2.on("message", (data) => process.connected && process.send?.({ type: "port", id, data }));
  port2.on("close", () => process.connected && process.send?.({ type: "port-closed", id }));
  return new PortMain(port1);
}

Object.defineProperty(process, "parentPort", { value: parentPort });
