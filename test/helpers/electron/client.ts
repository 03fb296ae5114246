import { createORPCClient } from "@orpc/client";
import { type MessagePortMainLike, RPCLink } from "@orpc/client/message-port";
import type { Page } from "playwright-core";
import type { Client, OpenDoor } from "../doors.ts";

type Say = (kind: "message" | "close", data?: unknown) => Promise<void>;
type PortWindow = { gatehouse: { connect(): void } } & Record<string, MessagePort | Say | undefined>;

let nextClient = 0;

/**
 * A client that goes the whole way of the desktop door: page, preload script, main's hand-over, port, core process. The
 * page's own connection is left alone.
 */
export async function desktopClient(page: Page): Promise<OpenDoor> {
  const listeners = new Map<string, ((event?: { data: unknown }) => void)[]>();
  const names = { port: `testPort${nextClient}`, say: `testPortSays${nextClient++}` };
  await page.exposeFunction(names.say, (kind: string, data: unknown) => {
    for (const listener of listeners.get(kind) ?? []) listener({ data });
  });
  await page.evaluate(
    (names) =>
      new Promise<void>((resolve, reject) => {
        const page = window as never as PortWindow;
        const say = page[names.say] as Say;
        const limit = setTimeout(() => reject(new Error("no port in 10 s")), 10_000);
        window.addEventListener("message", ({ data }) => {
          if (data === "gatehouse:lost") void say("close");
        });
        const take = (event: MessageEvent) => {
          const [port] = event.ports;
          if (port === undefined) return;
          // The page may be asking at the same time: each port has one taker.
          event.stopImmediatePropagation();
          clearTimeout(limit);
          window.removeEventListener("message", take, true);
          page[names.port] = port;
          port.addEventListener("message", ({ data }) => void say("message", data));
          port.start();
          resolve();
        };
        window.addEventListener("message", take, true);
        page.gatehouse.connect();
      }),
    names,
  );
  const post = ({ name, data }: { name: string; data: unknown }) =>
    ((window as never as PortWindow)[name] as MessagePort | undefined)?.postMessage(data);
  const port: MessagePortMainLike = {
    on: (event, listener) => void listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    postMessage: (data) => void page.evaluate(post, { name: names.port, data }).catch(() => undefined),
  };
  return {
    client: createORPCClient<Client>(new RPCLink({ port })),
    close: () =>
      page.evaluate((name) => ((window as never as PortWindow)[name] as MessagePort | undefined)?.close(), names.port),
  };
}
