/** The program and a person's browser in front of it, for a group of tests: made before the first, gone behind the last. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { whyNoBrowser } from "./browser.ts";
import {
  keepOnFailure,
  newDataFolder,
  openAddress,
  openVisitor,
  type Program,
  type ProgramOptions,
  removeFolder,
  skipWhen,
  startChromium,
  startProgram,
  type Visitor,
  type VisitorOptions,
} from "./e2e.ts";

export interface Stage {
  /** Of the program; files of a test may lie in it as well. */
  data: string;
  program: Program;
  browser: Browser;
  visitor: Visitor;
  /** Of the visitor. */
  page: Page;
}

export interface StageOptions extends Pick<ProgramOptions, "practice"> {
  visitor?: VisitorOptions;
  /** Something else that the tests need and that is not there; they are skipped with it. */
  missing?: string | null;
  /** What the pictures of tests that fail begin with. */
  pictures: string;
  /** Before the printed address is opened. */
  arrange?(stage: Stage): Promise<void> | void;
  /** Once it is. */
  enter?(stage: Stage): Promise<void> | void;
}

/** To be called in a `describe`. What it returns can be used in its tests, and in hooks that come after this call. */
export function useStage(options: StageOptions): Stage {
  const { pictures, practice = false, arrange, enter } = options;
  const missing = whyNoBrowser() ?? options.missing ?? null;
  const made: Partial<Stage> & { data: string } = { data: newDataFolder() };
  skipWhen(missing);
  beforeAll(async () => {
    if (missing !== null) return;
    // Each is kept as soon as it is there: what started must end though the other does not start.
    await Promise.all([
      startProgram({ data: made.data, practice }).then((program) => Object.assign(made, { program })),
      startChromium().then((browser) => Object.assign(made, { browser })),
    ]);
    const visitor = await openVisitor(stage.browser, options.visitor);
    Object.assign(made, { visitor, page: visitor.page });
    await arrange?.(stage);
    await openAddress(visitor.page, stage.program.address);
    await enter?.(stage);
  }, 120_000);
  afterAll(async () => {
    await made.browser?.close();
    await made.program?.stop();
    await removeFolder(made.data);
  });
  beforeEach(({ task }) => {
    if (made.page) keepOnFailure(made.page, `${pictures}-${task.name.split(":")[0]?.replaceAll(/\W+/g, "-")}`);
  });

  const there = <K extends keyof Stage>(key: K): Stage[K] => {
    const value = made[key];
    if (value === undefined) throw new Error(`the stage has no ${key} yet`);
    return value as Stage[K];
  };
  const stage: Stage = {
    data: made.data,
    get program() {
      return there("program");
    },
    get browser() {
      return there("browser");
    },
    get visitor() {
      return there("visitor");
    },
    get page() {
      return there("page");
    },
  };
  return stage;
}
