import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Failure } from "../failure.ts";
import type { ByteStream, Clock } from "../ports.ts";
import type { Secret } from "../secrets/index.ts";
import { requestHeaders, responseHeaders, withoutKey } from "./headers.ts";

/** What it needs of the proxy. */
export interface UpgradeDeps {
  clock: Clock;
  /** The key of the moment. */
  key(): Secret | null;
  /** A stream to where the server is at the moment. */
  open(signal: AbortSignal): Promise<ByteStream>;
  /** The server refused `used`, or nobody answered: looks anew; true when there is another key or place to try. */
  renew(used: Secret | null): Promise<boolean>;
  /** A request waits, or failed: is it the server? */
  doubt(): void;
}

const maxHeadBytes = 16_384;
const answerMs = 10_000;

/** Takes a websocket through: kernels and terminals talk over them. Both ends are tied; when one goes, so does the other. */
export async function carryUpgrade(deps: UpgradeDeps, incoming: IncomingMessage, socket: Duplex, head: Buffer) {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  try {
    for (let tries = 0; ; tries += 1) {
      const key = deps.key();
      const far = await deps.open(gone.signal);
      far.on("error", () => {});
      const answer = await knock(deps, far, incoming, key).catch((error) => {
        far.destroy();
        throw error;
      });
      const refused = answer.status === 401 || answer.status === 403;
      if (refused && key !== null && tries === 0 && (await deps.renew(key))) {
        far.destroy();
        continue;
      }
      socket.write(answerHead(answer, key !== null));
      if (answer.rest.length > 0) socket.write(answer.rest);
      if (head.length > 0) far.write(head);
      tie(socket, far);
      return;
    }
  } catch {
    deps.doubt();
    // What is not there yet is looked for; the page comes back by itself.
    void deps.renew(deps.key());
    socket.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  }
}

interface Knocked {
  line: string;
  status: number;
  raw: string[];
  rest: Buffer;
}

/** Sends the request's head and reads the answer's. */
function knock(deps: UpgradeDeps, far: ByteStream, incoming: IncomingMessage, key: Secret | null): Promise<Knocked> {
  const lines = requestHeaders(incoming.headers, key, true).map(([name, value]) => `${name}: ${value}`);
  const said = [`GET ${withoutKey(incoming.url ?? "/")} HTTP/1.1`, ...lines, "", ""].join("\r\n");
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const done = (work: () => void) => {
      stop();
      far.off("data", onData);
      far.off("close", onClose);
      work();
    };
    const onClose = () => done(() => reject(new Failure("NOTEBOOK_DOWN", { reason: "closed" })));
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0 && bytes.length < maxHeadBytes) return;
      far.pause();
      done(() => {
        const head = readHead(bytes.subarray(0, Math.max(end, 0)).toString("latin1"));
        if (head === null) reject(new Failure("NOTEBOOK_ODD_ANSWER", { path: "", status: 0, type: "no HTTP" }));
        else resolve({ ...head, rest: bytes.subarray(end + 4) });
      });
    };
    const stop = deps.clock.after(answerMs, () =>
      done(() => reject(new Failure("NOTEBOOK_DOWN", { reason: "no answer" }))),
    );
    far.on("data", onData);
    far.on("close", onClose);
    far.write(said, "latin1");
  });
}

function readHead(text: string): Omit<Knocked, "rest"> | null {
  const [line = "", ...rest] = text.split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(line)?.[1];
  if (status === undefined) return null;
  const raw = rest.flatMap((each) => {
    const at = each.indexOf(":");
    return at < 1 ? [] : [each.slice(0, at), each.slice(at + 1).trim()];
  });
  return { line, status: Number(status), raw };
}

function answerHead({ line, status, raw }: Knocked, keyed: boolean): string {
  const lines = responseHeaders(raw, keyed, false).map(([name, value]) => `${name}: ${value}`);
  const own = status === 101 ? ["Connection: Upgrade", "Upgrade: websocket"] : ["Connection: close"];
  return [line, ...own, ...lines, "", ""].join("\r\n");
}

function tie(near: Duplex, far: ByteStream): void {
  near.on("close", () => far.destroy());
  far.on("close", () => near.destroy());
  near.pipe(far);
  far.pipe(near);
}
