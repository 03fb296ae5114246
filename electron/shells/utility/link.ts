import type { LinkOpener, NotebookWindows, Notifier } from "../../core/ports.ts";
import { createRemoteForker, type RemoteForker } from "./forker.ts";
import { type CoreMessage, type MainMessage, mainMessage, type StartMessage } from "./messages.ts";

/** A port to a window, as Electron hands it to a utility process. */
export interface WindowPort {
  on(event: string, listener: (event?: { data: unknown }) => void): unknown;
  postMessage(data: unknown): void;
  start(): void;
}

/** `process.parentPort`, as far as it is used. */
export interface ParentPort {
  on(event: "message", listener: (event: { data: unknown; ports: WindowPort[] }) => void): unknown;
  postMessage(message: unknown): void;
}

export interface MainLink {
  forker: RemoteForker["forker"];
  links: LinkOpener;
  notifier: Notifier;
  notebookWindows: NotebookWindows;
  /** Settles with main's first message. */
  started: Promise<StartMessage>;
  say(message: CoreMessage): void;
}

export interface MainEvents {
  client(port: WindowPort, userAgent: string): void;
  wake(): void;
  stop(): void;
}

/** Listens to main. Windows that come before the core is ready are the caller's to keep waiting. */
export function linkToMain(parent: ParentPort, events: MainEvents): MainLink {
  const say = (message: CoreMessage) => parent.postMessage(message);
  const remote = createRemoteForker(say);
  const started = new Promise<StartMessage>((resolve) => {
    parent.on("message", ({ data, ports }) => {
      const parsed = mainMessage.safeParse(data);
      if (parsed.success) handle(parsed.data, ports[0], resolve);
      else console.error("a message of main was not understood");
    });
  });

  function handle(message: MainMessage, port: WindowPort | undefined, start: (message: StartMessage) => void): void {
    switch (message.type) {
      case "start":
        start(message);
        break;
      case "client":
        if (port !== undefined) events.client(port, message.userAgent);
        break;
      case "wake":
        events.wake();
        break;
      case "stop":
        events.stop();
        break;
      case "forked":
      case "output":
      case "ended":
      case "exited":
        remote.handle(message);
    }
  }

  return {
    forker: remote.forker,
    links: { open: async (url) => say({ type: "open", url }) },
    notifier: {
      notify: (title, body) => say({ type: "notify", title: title.slice(0, 200), body: body.slice(0, 1000) }),
      badge: (count) => say({ type: "badge", count: Math.min(count, 9_999) }),
    },
    notebookWindows: {
      open: (id, title, url) => say({ type: "notebook", id, title: title.slice(0, 200), url }),
      close: (id) => say({ type: "notebook-close", id }),
    },
    started,
    say,
  };
}
