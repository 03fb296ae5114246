/** Reads the log of one container over SSH in a process of its own, as we do or with dockerode, and says what it took. */
import { Agent } from "node:http";
import { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import Docker from "dockerode";
import { createEngine } from "../../electron/core/docker/index.ts";
import {
  createLogRoom,
  createMasker,
  createOwnLog,
  createScreener,
  type Screener,
  sourcesOf,
} from "../../electron/core/logs/index.ts";
import { letHeapGrow, systemClock, systemRandom } from "../../electron/core/node.ts";
import type { HostLink } from "../../electron/core/ssh/index.ts";
import { testLink } from "../helpers/lab/link.ts";

export interface LogsPlace {
  port: number;
  user: string;
  key: string;
  socket: string;
  secrets: string[];
}

/**
 * The whole log of an ended container. `dockerode` takes the frames apart and counts the lines, and so does `ours-masked`,
 * masking them first. `dockerode-lines` keeps them as texts; `ours` keeps them masked, judged and ready to be searched, and
 * `ours-detected` has the detectors look through them as well, as the console does.
 */
export interface LogsWork {
  kind: "ours" | "ours-detected" | "ours-masked" | "dockerode" | "dockerode-lines";
  containerId: string;
  lines: number;
}

/** Milliseconds by the clock and of this process's CPU. */
export type LogsAnswer = [wall: number, cpu: number];

/** A link that has carried something, an engine on it, and a log room with the secrets. */
export async function openPlace(place: LogsPlace) {
  const { link } = testLink({ port: place.port, user: place.user, auth: { kind: "key", path: place.key } });
  await link.ready();
  const clock = systemClock();
  const engine = createEngine({ link, clock, socketPath: place.socket });
  await engine.info();
  const masker = createMasker();
  for (const [at, secret] of place.secrets.entries()) masker.register(`SECRET_${at}`, Buffer.from(secret));
  const sources = sourcesOf({ engineOf: async () => engine, linkOf: async () => link, own: createOwnLog(clock) });
  const detectors = createScreener({ settings: () => ({ providers: true, assignments: true, pii: false }), clock });
  const newRoom = (screener?: Pick<Screener, "log">) =>
    createLogRoom({ sources, masker, clock, random: systemRandom(), ...(screener === undefined ? {} : { screener }) });
  return { link, engine, newRoom, masker, detectors };
}

type Place = Awaited<ReturnType<typeof openPlace>>;

async function ours({ newRoom, detectors }: Place, { kind, containerId, lines }: LogsWork): Promise<void> {
  const room = newRoom(kind === "ours-detected" ? detectors : undefined);
  const { bufferId } = await room.open({
    sources: [{ kind: "container", hostId: "host-1", containerId }],
    tail: lines,
  });
  for await (const head of room.watch(bufferId)) {
    if (head.state !== "ended") continue;
    // One more is the console's own: that the container has ended.
    if (head.next !== lines + 1) throw new Error(`${head.next} lines in place of ${lines + 1}`);
    break;
  }
  await room.dispose();
}

async function oursMasked({ engine, masker }: Place, { containerId, lines }: LogsWork): Promise<void> {
  const stream = masker.stream();
  let feeds = 0;
  const count = (bytes: Uint8Array): void => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = buffer.indexOf(10); at >= 0; at = buffer.indexOf(10, at + 1)) feeds++;
  };
  for await (const batch of engine.logs(containerId, { follow: true, timestamps: true, tail: lines })) {
    // One stream is all that the bench's container has.
    if (batch.streams.subarray(0, batch.count).includes(1)) throw new Error("there are two streams");
    count(stream.push(batch.bytes));
  }
  count(stream.end());
  if (feeds !== lines) throw new Error(`ours: ${feeds} lines in place of ${lines}`);
}

class ChannelAgent extends Agent {
  readonly #link: HostLink;
  readonly #socket: string;

  constructor(link: HostLink, socket: string) {
    super({ keepAlive: true });
    this.#link = link;
    this.#socket = socket;
  }

  override createConnection(_options: unknown, done?: (error: Error | null, stream: never) => void): undefined {
    this.#link.openUnix(this.#socket).then(
      (stream) => done?.(null, stream as never),
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  }

  /** Or docker-modem walks through the whole connection at each request, which is not what is compared here. */
  [inspect.custom](): string {
    return "ChannelAgent {}";
  }
}

async function dockerode(docker: Docker, { kind, containerId, lines }: LogsWork): Promise<void> {
  const options = { follow: true, stdout: true, stderr: true, timestamps: true, tail: lines } as const;
  const stream = await docker.getContainer(containerId).logs(options);
  let feeds = 0;
  const held: string[] = [];
  let rest = "";
  const count = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (kind === "dockerode-lines") {
        const parts = (rest + chunk.toString()).split("\n");
        rest = parts.pop() ?? "";
        held.push(...parts);
        feeds += parts.length;
      } else for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) feeds++;
      done();
    },
  });
  docker.modem.demuxStream(stream, count, count);
  await new Promise((resolve, reject) => {
    stream.once("end", resolve);
    stream.once("error", reject);
  });
  // The demuxer gives what it holds in the same turn.
  await setImmediate();
  if (feeds !== lines) throw new Error(`dockerode: ${feeds} lines in place of ${lines}`);
}

async function serve(given: LogsPlace): Promise<void> {
  // As the process of the core does; dockerode reads in the same one.
  letHeapGrow();
  const place = await openPlace(given);
  const agent = new ChannelAgent(place.link, given.socket);
  const docker = new Docker({ agent, protocol: "http", host: "engine" } as Docker.DockerOptions);
  process.on("message", (work: LogsWork) => {
    const began = performance.now();
    const cpu = process.cpuUsage();
    const way = {
      ...{ ours: () => ours(place, work), "ours-detected": () => ours(place, work) },
      ...{ "ours-masked": () => oursMasked(place, work) },
      ...{ dockerode: () => dockerode(docker, work), "dockerode-lines": () => dockerode(docker, work) },
    };
    way[work.kind]().then(
      () => {
        const { user, system } = process.cpuUsage(cpu);
        process.send?.([performance.now() - began, (user + system) / 1000] satisfies LogsAnswer);
      },
      (error: unknown) => process.send?.({ failed: String(error) }),
    );
  });
  process.send?.([0, 0] satisfies LogsAnswer);
}

if (process.argv[2] === "logs") process.once("message", (place: LogsPlace) => void serve(place));
