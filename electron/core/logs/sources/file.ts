import { setImmediate } from "node:timers/promises";
import type { LogNote } from "../../../contract/logNotes.ts";
import { batchOf } from "../../docker/index.ts";
import { Failure } from "../../failure.ts";
import type { HostLink } from "../../ssh/types.ts";
import type { LineBatch } from "../lineBatch.ts";
import { createLineAssembler, type LineAssembler } from "../lines.ts";
import { followScript } from "./fileScript.ts";
import { createMarkReader, type Piece } from "./marks.ts";
import { type Reading, startReading } from "./reading.ts";
import type { SourceDeps, StartSource } from "./types.ts";

/** Of the past, so that the last lines are among them without reading the whole file. */
const BYTES_A_LINE = 400;
const MAX_PAST = 16 * 1024 * 1024;
const LINE_FEED = 0x0a;
const SLICE_MS = 8;

export interface FileSource {
  link(): Promise<Pick<HostLink, "spawn">>;
  /** Absolute. */
  path: string;
}

/**
 * A file on a host, by its name across rotations. After a lost link it goes on at the byte where it was, also when the
 * file was renamed meanwhile (`NAME.1`, `NAME-…`). Fails with `LOG_FILE_UNREADABLE` {path, reason}.
 */
export function fileSource(file: FileSource): StartSource {
  return (deps) => startReading(deps, (reading) => new FileReader({ ...deps, ...file }, reading).run());
}

class FileReader {
  readonly #deps: SourceDeps & FileSource;
  readonly #reading: Reading;
  readonly #lines: LineAssembler;
  /** Where the next byte stands. */
  #inode = "";
  #offset = 0;
  /** Where the line that is being read began: there it goes on after a loss. */
  #lineStart = 0;
  /** The first bytes are the past: of them the last lines are wanted. */
  #past: string[] | null = [];
  #cutFirst = false;
  #returning = false;
  #gap = false;

  constructor(deps: SourceDeps & FileSource, reading: Reading) {
    this.#deps = deps;
    this.#reading = reading;
    this.#lines = createLineAssembler(
      () => reading.mask(deps.path),
      () => deps.clock.mono(),
    );
  }

  run(): Promise<void> {
    return this.#reading.persist(
      () => this.#readOnce(),
      () => {
        this.#lines.reset();
        this.#offset = this.#lineStart;
        this.#returning = this.#inode !== "";
      },
    );
  }

  async #readOnce(): Promise<void> {
    const { clock, path, random, tail } = this.#deps;
    const { signal } = this.#reading;
    const mark = `\u001e${Buffer.from(random.bytes(16)).toString("hex")}`;
    const past = Math.min(MAX_PAST, tail * BYTES_A_LINE);
    const place = this.#inode === "" ? ["", ""] : [this.#inode, String(this.#offset)];
    const link = await this.#deps.link();
    const argv = ["sh", "-c", followScript, "gatehouse-follow", path, mark, ...place, String(past)];
    const program = await link.spawn(argv, { signal });
    try {
      const reader = createMarkReader(mark);
      let slice = clock.mono();
      for await (const chunk of program.stdout) {
        this.#reading.flowing();
        for (const piece of reader.push(chunk)) this.#take(piece);
        if (clock.mono() - slice < SLICE_MS) continue;
        await setImmediate();
        slice = clock.mono();
      }
    } finally {
      await program.dispose();
    }
    throw new Failure(
      "CHANNEL_FAILED",
      { kind: "session", to: path, reason: "the program ended" },
      { retryable: true },
    );
  }

  #take(piece: Piece): void {
    if (piece.kind === "bytes") this.#bytes(piece.bytes);
    else this.#told(piece.words);
  }

  #told([what, inode = "", offset = "0"]: readonly string[]): void {
    if (what === "data") this.#at(inode, Number(offset));
    else if (what === "beat") this.#caughtUp();
    else if (what === "lost") this.#gap = true;
    else if (what === "gone") this.#note({ id: "gone" }, "warn");
    else if (what === "rotated" || what === "truncated") {
      this.#add(this.#lines.end());
      const gap = this.#gap && !this.#returning;
      if (gap) this.#gap = false;
      this.#note({ id: gap ? "replaced" : what }, gap ? "warn" : "info");
    } else if (what === "denied" || what === "directory") {
      throw new Failure("LOG_FILE_UNREADABLE", { path: this.#deps.path, reason: what });
    }
  }

  #at(inode: string, offset: number): void {
    if (this.#inode === "") this.#cutFirst = offset > 0;
    if (this.#inode !== inode) this.#lineStart = offset;
    this.#inode = inode;
    this.#offset = offset;
  }

  #bytes(bytes: Uint8Array): void {
    const feed = bytes.lastIndexOf(LINE_FEED);
    if (feed >= 0) this.#lineStart = this.#offset + feed + 1;
    this.#offset += bytes.length;
    this.#add(this.#lines.push(batchOf([{ stream: "stdout", at: null, ns: 0, bytes }])));
  }

  /** The end of the file was reached: what came before is the past. */
  #caughtUp(): void {
    const past = this.#past;
    if (past === null) return;
    this.#past = null;
    if (past.length === 0) return;
    if (this.#returning) this.#returned();
    const from = Math.max(0, past.length - this.#deps.tail);
    for (const text of past.slice(from)) this.#deps.append({ at: null, stream: "stdout", text });
    this.#deps.changed();
  }

  #add(lines: LineBatch): void {
    if (lines.count === 0) return;
    if (this.#past !== null) {
      // The first one was begun in the middle.
      for (let i = this.#cutFirst ? 1 : 0; i < lines.count; i++) this.#past.push(lines.text(i));
      this.#cutFirst = false;
      if (this.#past.length > 2 * this.#deps.tail + 1_000) this.#past = this.#past.slice(-this.#deps.tail);
      return;
    }
    if (this.#returning) this.#returned();
    this.#deps.take(lines, 0, lines.count);
    this.#deps.changed();
  }

  #returned(): void {
    this.#returning = false;
    this.#note({ id: this.#gap ? "gap" : "back" }, this.#gap ? "warn" : "info");
    this.#gap = false;
  }

  #note(note: LogNote, level: "info" | "warn"): void {
    this.#caughtUp();
    this.#reading.note(note, level);
  }
}
