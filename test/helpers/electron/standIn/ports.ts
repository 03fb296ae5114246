import { EventEmitter } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";

/** One end of a channel, with the manners of Electron's `MessagePortMain`: silent until `start()`, gone once transferred. */
export class PortMain extends EventEmitter {
  #port: MessagePort | null;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
  }

  start(): void {
    const port = this.#own();
    port.on("message", (data) => this.emit("message", { data, ports: [] }));
    port.on("close", () => this.emit("close"));
  }

  postMessage(data: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new Error("the stand-in does not send ports through ports");
    this.#own().postMessage(data);
  }

  close(): void {
    this.#own().close();
  }

  /** Takes the port out, for a transfer; it cannot be used here any more. */
  detach(): MessagePort {
    const port = this.#own();
    if (this.listenerCount("message") > 0) throw new Error("a port with listeners is transferred");
    this.#port = null;
    return port;
  }

  #own(): MessagePort {
    if (this.#port === null) throw new Error("Port is neutered: it was transferred");
    return this.#port;
  }
}

export class MessageChannelMain {
  readonly port1: PortMain;
  readonly port2: PortMain;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new PortMain(port1);
    this.port2 = new PortMain(port2);
  }
}

/** Takes transferred ports; anything else in the list is an error, as in Electron. */
export function detachAll(transfer: readonly unknown[]): MessagePort[] {
  return transfer.map((port) => {
    if (!(port instanceof PortMain)) throw new TypeError("Invalid value for transfer");
    return port.detach();
  });
}
