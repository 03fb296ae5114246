/** A real log room over made-up sources behind the browser door; all else of the page is canned. For screens and benches. */
import { implement, ORPCError } from "@orpc/server";
import { contract, type LogSourceRef } from "../../electron/contract/index.ts";
import { packLines } from "../../electron/contract/logColumns.ts";
import { isFailure } from "../../electron/core/failure.ts";
import {
  createLogRoom,
  createMasker,
  createScreener,
  type LogRoom,
  type StartSource,
} from "../../electron/core/logs/index.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import { definedOnly } from "../../electron/core/router/defined.ts";
import { type BrowserDoor, openBrowserDoor } from "../../electron/shells/browser/index.ts";
import { type Asset, loadAssets } from "../../electron/shells/page/index.ts";
import { createFakeRouter, type FakeOptions } from "./fakeClient.ts";
import { fakeOffers } from "./fakeData/index.ts";

export interface MadeSource {
  name: string;
  hostName: string;
  start: StartSource;
}

export interface LogRig {
  door: BrowserDoor;
  room: LogRoom;
  close(): Promise<void>;
}

export interface LogRigOptions {
  /** The built page: a folder, or files that are there. */
  page: string | ReadonlyMap<string, Asset>;
  /** What is read when a source is opened. */
  source: (ref: LogSourceRef) => MadeSource;
  /** Where lines go that fall out of memory. */
  folder?: string;
  fake?: FakeOptions;
  /** Detectors look at the lines as well. */
  screened?: boolean;
}

const detectors = { providers: true, assignments: true, pii: true };

export async function openLogRig({
  page,
  source,
  folder,
  fake = {},
  screened = false,
}: LogRigOptions): Promise<LogRig> {
  const clock = systemClock();
  const random = systemRandom();
  const start = (ref: LogSourceRef) => source(ref).start;
  const room = createLogRoom({
    sources: { container: start, file: start, journal: start, events: start, console: start },
    nameOf: (ref) => ({ name: source(ref).name, hostName: source(ref).hostName, simulated: true }),
    masker: createMasker(),
    ...(screened ? { screener: createScreener({ settings: () => detectors, clock }) } : {}),
    clock,
    random,
    ...(folder === undefined ? {} : { folder }),
    report: (error) => console.error(error),
  });
  const os = implement(contract).use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw typed(error);
    }
  });
  const canned = createFakeRouter(fake);
  const router = {
    ...canned,
    logs: {
      open: os.logs.open.handler(({ input }) => room.open(definedOnly(input))),
      offers: os.logs.offers.handler(() => fakeOffers()),
      watch: os.logs.watch.handler(({ input, signal }) => watched(room.watch(input.bufferId, input.filter, signal))),
      window: os.logs.window.handler(async ({ input }) => {
        const { lines, ...range } = await room.window(input.bufferId, input);
        return { ...range, lines: packLines(lines) };
      }),
      locate: os.logs.locate.handler(({ input, signal }) =>
        room.locate(input.bufferId, input.filter, input.target, signal),
      ),
      density: os.logs.density.handler(({ input, signal }) => room.density(input.bufferId, input, signal)),
      line: os.logs.line.handler(({ input, signal }) => room.line(input.bufferId, input.index, signal)),
      mark: os.logs.mark.handler(async ({ input }) => {
        await room.mark(input.bufferId, input.index, input.note);
        return {};
      }),
      unmark: os.logs.unmark.handler(({ input }) => {
        room.unmark(input.bufferId, input.index);
        return {};
      }),
      save: os.logs.save.handler(({ input, signal }) => watched(room.save(input.bufferId, input, signal))),
      pin: os.logs.pin.handler(async ({ input }) => {
        await room.pin(input.bufferId, input.pinned);
        return {};
      }),
      kept: os.logs.kept.handler(async () => ({ logs: await room.kept() })),
      dropKept: os.logs.dropKept.handler(async ({ input }) => {
        await room.dropKept(input.id);
        return {};
      }),
      close: os.logs.close.handler(({ input }) => {
        room.close(input.bufferId);
        return {};
      }),
    },
  };
  const door = await openBrowserDoor({
    core: { router, context: () => ({}) },
    assets: typeof page === "string" ? await loadAssets(page) : page,
    clock,
    random,
  });
  return {
    door,
    room,
    async close() {
      await door.dispose();
      await room.dispose();
    },
  };
}

/** Expected failures cross as the core's own router lets them. */
function typed(error: unknown): unknown {
  if (!isFailure(error)) return error;
  const { code, details, retryable } = error;
  return new ORPCError(code, { data: { details, retryable }, defined: true });
}

async function* watched<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw typed(error);
  }
}
