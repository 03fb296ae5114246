/** Logs: lines that are made when they are asked for. */
import type { LogFilter, LogHead, LogLine } from "../../../electron/contract/index.ts";
import { packLines } from "../../../electron/contract/logColumns.ts";
import type { FakeImplementer } from "../fakeClient.ts";
import { now } from "./units.ts";

const texts: readonly (readonly [LogLine["level"], LogLine["stream"], string])[] = [
  [
    "info",
    "stdout",
    '{"event":"request","method":"POST","path":"/v1/chat/completions","status":200,"ms":41,"client":"10.0.0.0/24"}',
  ],
  ["debug", "stdout", "kv-cache: 412 of 2048 blocks in use"],
  ["info", "stdout", "Set environment variable: HF_TOKEN=********"],
  ["warn", "stderr", "canary: HF_TOKEN=[secret:HF_TOKEN] was printed on purpose"],
  ["info", "stdout", "модель загружена за 92 мс, токенизатор готов"],
  [
    "error",
    "stderr",
    "tokenizer: unexpected end of file in /models/merges.txt; using the slow path for this request and for all that follow until the file is replaced",
  ],
  [null, "stdout", "    at Tokenizer.load (/app/inference-server.mjs:812:17)"],
];

const total = 4812;
const skipped = 1240;
const lineAt = (index: number): LogLine => {
  const [level, stream, text] = texts[(Math.imul(index, 0x9e37_79b1) >>> 9) % texts.length] ?? ["info", "stdout", ""];
  return {
    ...{ index, row: index, source: 0, folded: 0, part: false },
    ...{ at: now - (total - index) * 230, stream, level, text },
  };
};

export function fakeOffers() {
  return {
    units: [
      { name: "docker.service", running: true },
      { name: "nvidia-persistenced.service", running: true },
      { name: "apt-daily.service", running: false },
    ],
    unitsProblem: null,
    files: [
      { path: "/var/log/syslog", bytes: 81_000, changed: now },
      { path: "/var/log/nginx/access.log", bytes: 4_812_000, changed: now - 40_000 },
    ],
  };
}

export function logHandlers(
  os: FakeImplementer,
  stream: <T>(items: readonly T[], everyMs?: number, signal?: AbortSignal) => AsyncGenerator<T>,
) {
  /** Indices of the lines that fit, as far as the tests look. */
  const rowsOf = (filter: LogFilter | undefined): number[] =>
    Array.from({ length: total - skipped }, (_, at) => at + skipped).filter((index) => {
      const line = lineAt(index);
      const { text = "", levels = [] } = filter ?? {};
      const fits = levels.length === 0 || (line.level !== null && levels.includes(line.level));
      return fits && line.text.toLowerCase().includes(text.toLowerCase());
    });
  const filtered = (filter: LogFilter | undefined) =>
    filter !== undefined && ((filter.text ?? "") !== "" || (filter.levels ?? []).length > 0);
  const rowsHead = (filter: LogFilter | undefined, next: number): LogHead["rows"] =>
    filtered(filter)
      ? { first: 0, next: rowsOf(filter).length, searchedTo: next }
      : { first: skipped, next, searchedTo: next };
  const head = (next: number, filter: LogFilter | undefined): LogHead => ({
    first: skipped,
    next,
    skipped,
    state: "live",
    problem: null,
    sources: [
      {
        ref: { kind: "container", hostId: "orion", containerId: "c0ffee".repeat(10) },
        name: "chat",
        hostName: "orion",
        simulated: false,
        state: "live",
        problem: null,
        lines: next,
      },
    ],
    rows: rowsHead(filter, next),
    levels: { none: 510, debug: 510, info: 1531, warn: 510, error: 511 },
    held: { memory: 1_400_000, disk: 0, pinned: false },
    marks: [],
    masked: [{ name: "HF_TOKEN", count: 14 }],
    detected: [{ kind: "jwt", count: 3 }],
    unchecked: 0,
  });
  return {
    open: os.logs.open.handler(() => ({ bufferId: "buffer" })),
    offers: os.logs.offers.handler(() => fakeOffers()),
    watch: os.logs.watch.handler(({ input, signal }) =>
      stream(
        Array.from({ length: 600 }, (_, step) => head(total + step, input.filter)),
        300,
        signal,
      ),
    ),
    window: os.logs.window.handler(({ input }) => {
      const { first, next } = rowsHead(input.filter, total);
      if (!filtered(input.filter)) {
        return {
          first,
          next,
          lines: packLines(Array.from({ length: input.count }, (_, at) => lineAt(input.from + at))),
        };
      }
      const found = rowsOf(input.filter).slice(input.from, input.from + input.count);
      return { first, next, lines: packLines(found.map((index, at) => ({ ...lineAt(index), row: input.from + at }))) };
    }),
    locate: os.logs.locate.handler(({ input }) =>
      input.target.by === "index" ? { row: input.target.index, index: input.target.index, exact: true } : null,
    ),
    density: os.logs.density.handler(({ input }) => {
      const from = now - (total - skipped) * 230;
      const stepMs = Math.ceil((now - from) / input.buckets);
      const buckets = Array.from({ length: input.buckets }, (_, at) => {
        const lines = 10 + ((at * 7) % 13);
        return { at: from + at * stepMs, lines, warn: at % 5, error: at % 9 === 0 ? 3 : 0, rows: lines };
      });
      return { from, to: now, stepMs, buckets };
    }),
    line: os.logs.line.handler(({ input }) => ({
      line: lineAt(input.index),
      fields: null,
      access: null,
      related: [],
      parts: [],
      digest: "digest",
    })),
    mark: os.logs.mark.handler(() => ({})),
    unmark: os.logs.unmark.handler(() => ({})),
    save: os.logs.save.handler(async function* () {
      yield { kind: "rows" as const, text: "…\n", done: 1, total: 1 };
      yield { kind: "end" as const, fileName: "chat.log", head: "", lines: 1, left: 0 };
    }),
    pin: os.logs.pin.handler(() => ({})),
    kept: os.logs.kept.handler(() => ({ logs: [] })),
    dropKept: os.logs.dropKept.handler(() => ({})),
    close: os.logs.close.handler(() => ({})),
  };
}
