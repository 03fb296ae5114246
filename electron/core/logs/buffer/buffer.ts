import { Failure, isFailure, reasonOf } from "../../failure.ts";
import { BLOCK_LINES, noLevels, OpenBlock, readRecord, type TextBlock } from "./block.ts";
import { Entries, type Entry } from "./entries.ts";
import type {
  Block,
  Blocks,
  Held,
  KeptAbout,
  LevelCounts,
  LogBuffer,
  LogBufferOptions,
  NewLine,
  PlainLines,
  Spill,
} from "./types.ts";

const MAX_WINDOW_BYTES = 4 * 1024 * 1024;
/** What may wait to be written beyond the bound of the memory. */
const BACKLOG = 8 * 1024 * 1024;
/** Written at once. */
const MAX_WRITE = 4 * 1024 * 1024;
/** Blocks read from disk that are held for the next question. */
const CACHED = 6;
/** After a write that failed, so many blocks pass by before another is tried. */
const PATIENCE = 64;

const levelNames = ["none", "debug", "info", "warn", "error"] as const;

type InMemory = Entry & { memory: NonNullable<Entry["memory"]> };

function isInMemory(entry: Entry | undefined): entry is InMemory {
  return entry?.memory != null;
}

export function createLogBuffer(options: LogBufferOptions): LogBuffer {
  return new Buffering(options);
}

class Buffering implements LogBuffer {
  readonly #options: LogBufferOptions;
  readonly #entries = new Entries();
  readonly #open: OpenBlock;
  /** Place in `entries` of the oldest block in memory. */
  #inMemory = 0;
  #memoryBytes = 0;
  #memoryLines = 0;
  #first = 0;
  #missed = 0;
  /** Of the blocks that are sealed. */
  #levels: LevelCounts = noLevels();
  #spill: Spill | null = null;
  #about: KeptAbout | null = null;
  #problem: LogBuffer["problem"] = null;
  /** Blocks still to pass by before writing is tried again. */
  #patience = 0;
  /** Blocks being read, or read of late. */
  readonly #cache = new Map<Entry, Promise<TextBlock | null>>();
  #writing: Promise<void> | null = null;
  #disposed = false;
  readonly blocks: Blocks;

  constructor(options: LogBufferOptions) {
    this.#options = options;
    // So that what is held is close to the bound, also when that is small.
    this.#open = new OpenBlock(0, Math.min(BLOCK_LINES, Math.ceil(options.maxLines / 8)));
    this.blocks = { at: (index) => this.#blockAt(index), summaries: () => this.#summaries() };
  }

  append(line: NewLine): void {
    if (this.#disposed) return;
    if (!this.#open.push(line)) {
      this.#seal();
      this.#open.push(line);
    }
    this.#bound();
  }

  appendPlain(lines: PlainLines, kinds: Uint16Array, from: number, to: number): void {
    for (let at = from; at < to && !this.#disposed; ) {
      const taken = this.#open.pushPlain(lines, kinds, at, to);
      at += taken;
      if (taken === 0) this.#seal();
      else this.#bound();
    }
  }

  #bound(): void {
    if (this.#memoryLines + this.#open.block.count > this.#options.maxLines) this.#trim();
  }

  skip(count: number): void {
    this.#missed += count;
  }

  get first(): number {
    return this.#first;
  }

  get next(): number {
    const { first, count } = this.#open.block;
    return first + count;
  }

  get skipped(): number {
    return this.#first + this.#missed;
  }

  get memoryBytes(): number {
    return this.#memoryBytes + this.#open.bytes;
  }

  get diskBytes(): number {
    return this.#spill?.bytes ?? 0;
  }

  get pinned(): boolean {
    return this.#about !== null;
  }

  get problem(): LogBuffer["problem"] {
    return this.#problem;
  }

  get levels(): LevelCounts {
    const open = this.#disposed ? noLevels() : this.#open.summary.levels;
    for (const level of levelNames) open[level] += this.#levels[level];
    return open;
  }

  async lines(from: number, count: number): Promise<Held[]> {
    const found: Held[] = [];
    const start = Math.max(from, this.#first);
    const end = start + count;
    let bytes = 0;
    for (let index = start; index < Math.min(end, this.next); ) {
      const there = this.#blockAt(index);
      // Not awaited when it is in memory: the newest block is only good for one turn.
      const block = there instanceof Promise ? await there : there;
      // It fell out meanwhile.
      if (block === null) {
        if (found.length > 0) break;
        index = Math.max(index + 1, this.#first);
        continue;
      }
      const to = Math.min(end, block.first + block.count);
      for (; index < to && bytes < MAX_WINDOW_BYTES; index++) {
        const line = block.line(index - block.first);
        bytes += line.text.length;
        found.push(line);
      }
      if (bytes >= MAX_WINDOW_BYTES) break;
    }
    return found;
  }

  async line(index: number): Promise<Held | null> {
    const there = this.#blockAt(index);
    const block = there instanceof Promise ? await there : there;
    return block === null ? null : block.line(index - block.first);
  }

  async pin(about: KeptAbout): Promise<void> {
    const { store } = this.#options;
    if (store === undefined) throw new Failure("STORE_UNWRITABLE", { file: "logs", reason: "no folder" });
    this.#spill ??= store.spill((segment) => this.#segmentGone(segment));
    await this.#spill.keep(about);
    this.#about = about;
    this.#pump();
  }

  async unpin(): Promise<void> {
    this.#about = null;
    await this.#spill?.unkeep();
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#about !== null) {
      if (this.#open.block.count > 0) this.#sealed();
      this.#patience = 0;
      while (this.#pump() !== null) await this.#writing;
    }
    await this.#spill?.close();
    this.#cache.clear();
    while (this.#entries.shift() !== undefined);
    this.#inMemory = 0;
    this.#memoryBytes = 0;
    this.#memoryLines = 0;
    this.#levels = noLevels();
    this.#first = this.next;
  }

  #blockAt(index: number): Block | Promise<Block | null> | null {
    if (index < this.#first || this.#disposed) return null;
    const open = this.#open.block;
    if (index >= open.first) return index < open.first + open.count ? open : null;
    const entry = this.#entries.holding(index);
    if (entry === null) return null;
    return entry.memory?.block ?? this.#read(entry);
  }

  #summaries() {
    const { summary } = this.#open;
    return summary.count === 0 ? this.#entries.list() : [...this.#entries.list(), summary];
  }

  #seal(): void {
    this.#sealed();
    if (this.#patience > 0) this.#patience--;
    this.#trim();
    this.#pump();
  }

  #sealed(): void {
    const { record, summary } = this.#open.seal();
    const block = readRecord(record);
    if (block === null) throw new Error("a record that can't be read");
    const entry: Entry = { ...summary, bytes: record.length, memory: { record, block }, place: null, spent: false };
    this.#entries.push(entry);
    this.#memoryBytes += entry.bytes;
    this.#memoryLines += entry.count;
    for (const level of levelNames) this.#levels[level] += summary.levels[level];
  }

  /** Blocks beyond the bounds go to disk, or are dropped where there is none. */
  #trim(): void {
    for (;;) {
      const oldest = this.#entries.get(this.#inMemory);
      const over = this.#over();
      if (oldest === undefined || (over.bytes <= 0 && over.lines <= 0)) return;
      if (oldest.place !== null) this.#release(oldest);
      else if (!oldest.spent && this.#canSpill() && over.bytes <= BACKLOG && over.lines <= this.#options.maxLines) {
        this.#pump();
        return;
      } else this.#dropThrough(oldest);
    }
  }

  #over(): { bytes: number; lines: number } {
    const { maxBytes, maxLines } = this.#options;
    return {
      bytes: this.memoryBytes - maxBytes,
      lines: this.#memoryLines + this.#open.block.count - maxLines,
    };
  }

  #canSpill(): boolean {
    return this.#options.store !== undefined && this.#patience === 0;
  }

  /** Writes the oldest blocks that should be on disk and aren't; null when there is none. */
  #pump(): Promise<void> | null {
    if (this.#writing !== null || !this.#canSpill()) return this.#writing;
    const entries = this.#due();
    if (entries.length === 0) return null;
    this.#writing = this.#write(entries);
    return this.#writing;
  }

  /** Some at once, since a write takes a turn of the loop, in which many lines may come. */
  #due(): InMemory[] {
    const due: InMemory[] = [];
    const over = this.#over();
    let bytes = 0;
    for (let at = this.#inMemory; this.#about !== null || over.bytes > 0 || over.lines > 0; at++) {
      const entry = this.#entries.get(at);
      if (!isInMemory(entry) || bytes > MAX_WRITE) return due;
      over.bytes -= entry.bytes;
      over.lines -= entry.count;
      if (entry.place !== null || entry.spent) continue;
      due.push(entry);
      bytes += entry.bytes;
    }
    return due;
  }

  async #write(entries: readonly InMemory[]): Promise<void> {
    try {
      this.#spill ??= this.#options.store?.spill((segment) => this.#segmentGone(segment)) ?? null;
      const places = (await this.#spill?.write(entries.map(({ memory }) => memory.record))) ?? [];
      // They may have been dropped while they were being written.
      for (const [i, entry] of entries.entries()) if (this.#holds(entry)) entry.place = places[i] ?? null;
      this.#problem = null;
    } catch (error) {
      this.#failed(error);
    }
    this.#writing = null;
    if (this.#disposed) return;
    this.#trim();
    this.#pump();
  }

  #holds(entry: Entry): boolean {
    return entry.memory !== null;
  }

  /** Goes on in memory. What is on disk is let go: between it and what comes, lines will be missing. */
  #failed(error: unknown): void {
    const details = isFailure(error) ? error.details : { file: "logs", reason: reasonOf(error) };
    this.#problem = { code: "STORE_UNWRITABLE", details: { ...details } };
    this.#patience = PATIENCE;
    const lastOnDisk = this.#entries.get(this.#inMemory - 1);
    if (lastOnDisk !== undefined) this.#dropThrough(lastOnDisk);
    if (this.#about !== null) return;
    for (const entry of this.#entries.list()) entry.place = null;
    void this.#spill?.clear();
  }

  #release(entry: Entry): void {
    entry.memory = null;
    this.#inMemory++;
    this.#memoryBytes -= entry.bytes;
    this.#memoryLines -= entry.count;
  }

  #segmentGone(segment: number): void {
    let last: Entry | null = null;
    for (const entry of this.#entries.list()) {
      if (entry.place?.segment !== segment) continue;
      if (entry.memory === null) last = entry;
      else {
        entry.place = null;
        entry.spent = true;
      }
    }
    if (last !== null) this.#dropThrough(last);
  }

  /** Drops the oldest blocks up to this one. */
  #dropThrough(last: Entry): void {
    for (;;) {
      const entry = this.#entries.shift();
      if (entry === undefined) return;
      if (this.#inMemory > 0) this.#inMemory--;
      else {
        this.#memoryBytes -= entry.bytes;
        this.#memoryLines -= entry.count;
      }
      entry.memory = null;
      this.#cache.delete(entry);
      this.#first = entry.first + entry.count;
      for (const level of levelNames) this.#levels[level] -= entry.levels[level];
      if (entry === last) return;
    }
  }

  #read(entry: Entry): Promise<TextBlock | null> {
    const reading = this.#cache.get(entry) ?? this.#readNow(entry);
    this.#cache.delete(entry);
    this.#cache.set(entry, reading);
    if (this.#cache.size > CACHED) this.#cache.delete(this.#cache.keys().next().value as Entry);
    return reading;
  }

  async #readNow(entry: Entry): Promise<TextBlock | null> {
    const record = entry.place === null ? null : ((await this.#spill?.read(entry.place)) ?? null);
    const block = record === null ? null : readRecord(record);
    if (entry.first < this.#first) return null;
    // What can't be read is lost, and what is older with it: there are no holes.
    if (block === null || block.first !== entry.first || block.count !== entry.count) {
      this.#dropThrough(entry);
      return null;
    }
    return block;
  }
}
