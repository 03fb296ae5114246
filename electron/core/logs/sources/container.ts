import { setImmediate } from "node:timers/promises";
import type { ContainerDetail, Engine } from "../../docker/types.ts";
import { Failure, isFailure } from "../../failure.ts";
import type { LineBatch } from "../lineBatch.ts";
import { createLineAssembler } from "../lines.ts";
import { createResumption } from "../resume.ts";
import { type Reading, startReading } from "./reading.ts";
import type { SourceDeps, StartSource } from "./types.ts";

/** What the log room asks of an engine. */
export type LogEngine = Pick<Engine, "logs" | "inspect">;

/** How often an ended container is looked at: it may be started again. */
const ENDED_MS = 3_000;
const SLICE_MS = 8;

export interface ContainerSource {
  engineOf(): Promise<LogEngine>;
  containerId: string;
}

type ReaderDeps = ContainerSource & SourceDeps;

/** Reads one container's log until it is stopped, across lost links and restarts of the container. */
export function containerSource(container: ContainerSource): StartSource {
  return (deps) => startReading(deps, (reading) => new Reader({ ...deps, ...container }, reading).run());
}

class Reader {
  readonly #deps: ReaderDeps;
  readonly #reading: Reading;
  readonly #resume = createResumption();
  readonly #lines;
  #sinceNs: bigint | null = null;
  /** A note is due once the log goes on: whether lines were lost is then known. */
  #returning = false;

  constructor(deps: ReaderDeps, reading: Reading) {
    this.#deps = deps;
    this.#reading = reading;
    this.#lines = createLineAssembler(
      () => reading.mask(deps.containerId),
      () => deps.clock.mono(),
    );
  }

  run(): Promise<void> {
    return this.#reading.persist(
      () => this.#readOnce().catch((error: unknown) => this.#notThere(error)),
      () => this.#again(this.#sinceNs !== null || this.#deps.begun()),
    );
  }

  async #readOnce(): Promise<void> {
    const { containerId, tail } = this.#deps;
    const { signal } = this.#reading;
    const engine = await this.#deps.engineOf();
    const range = this.#sinceNs === null ? { tail } : { sinceNs: this.#sinceNs, tail: "all" as const };
    let asked: Promise<ContainerDetail> | null = null;
    const detail = () => {
      asked ??= engine.inspect(containerId, { signal });
      // Whoever waits for it is told.
      asked.catch(() => {});
      return asked;
    };
    // Asked once there are lines: the first ones don't wait for the answer to another question.
    await this.#follow(
      engine.logs(containerId, { follow: true, timestamps: true, ...range, detail, signal }),
      () => void detail(),
    );
    // A container that has ended is read too: once, up to its end.
    const over = !isRunning((await detail()).state);
    const after = await engine.inspect(containerId, { signal });
    if (isRunning(after.state)) {
      if (over) this.#again();
      else throw new Failure("ENGINE_UNAVAILABLE", { reason: "the engine ended the log" }, { retryable: true });
      return;
    }
    this.#ended(after);
    await this.#untilRunning(engine);
    this.#again();
  }

  async #follow(batches: ReturnType<LogEngine["logs"]>, onLines: () => void): Promise<void> {
    const { clock } = this.#deps;
    let slice = clock.mono();
    for await (const batch of batches) {
      this.#reading.flowing();
      if (batch.count === 0) continue;
      this.#append(this.#lines.push(batch));
      onLines();
      // Frames that are there already come without a turn of the loop: others must get theirs.
      if (clock.mono() - slice >= SLICE_MS) {
        await setImmediate();
        slice = clock.mono();
      }
    }
    if (!this.#reading.signal.aborted) this.#append(this.#lines.end());
  }

  #append(lines: LineBatch): void {
    const { ats, nss, streams, count } = lines;
    let from = 0;
    for (let i = 0; i < count; i++) {
      const at = ats[i] as number;
      const ns = nss[i] as number;
      const stream = streams[i] as 0 | 1;
      const isNew = this.#resume.isNew(at, ns, stream);
      if (isNew) this.#resume.seen(at, ns, stream);
      if (isNew && !this.#returning) continue;
      this.#deps.take(lines, from, i);
      from = isNew ? i : i + 1;
      if (isNew) this.#returned();
    }
    this.#deps.take(lines, from, count);
    if (count > 0) this.#deps.changed();
  }

  #returned(): void {
    this.#returning = false;
    const gap = this.#resume.gap();
    this.#reading.note({ id: gap ? "gap" : "back" }, gap ? "warn" : "info");
  }

  /** What is begun is forgotten, since the engine sends it again from the last lines on. */
  #again(noteWhenBack = false): void {
    this.#lines.reset();
    this.#sinceNs = this.#resume.restart();
    this.#returning = noteWhenBack && this.#sinceNs !== null;
  }

  #ended({ state, exitCode, oomKilled }: ContainerDetail): void {
    const note = { id: "ended", state, exit: exitCode, memory: oomKilled } as const;
    if (this.#reading.state !== "ended") this.#reading.note(note, "info");
    this.#reading.become("ended");
  }

  async #untilRunning(engine: LogEngine): Promise<void> {
    while (!this.#reading.signal.aborted) {
      await this.#reading.sleep(ENDED_MS);
      if (this.#reading.signal.aborted) return;
      const detail = await engine.inspect(this.#deps.containerId, { signal: this.#reading.signal });
      if (!isRunning(detail.state)) continue;
      this.#reading.note({ id: "again" }, "info");
      return;
    }
  }

  #notThere(error: unknown): void {
    if (!isFailure(error, "CONTAINER_NOT_FOUND") || this.#reading.signal.aborted) throw error;
    this.#reading.note({ id: "removed" }, "info");
    this.#reading.become("removed");
  }
}

function isRunning(state: string): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}
