/** The first hour of a newcomer, in the shipped program: from the printed address to an audit that is whole. */
import { randomBytes } from "node:crypto";
import type { ElectronApplication } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keepOnFailure, newDataFolder, removeFolder, skipWhen, watchPage } from "../helpers/e2e.ts";
import { startDesktop, whyNoWindow } from "../helpers/e2eDesktop.ts";
import { doFirstHour } from "../helpers/e2eFirstHour.ts";
import { useStage } from "../helpers/e2eStage.ts";
import { tracesIn, tracesInFolder, tracesInProcesses } from "../helpers/traces.ts";

describe("the first hour in the browser", () => {
  const secret = `hf_${randomBytes(24).toString("base64url")}`;
  const stage = useStage({ pictures: "first-hour" });

  test("goes from the printed address to a whole audit, and the secret shows nowhere", {
    timeout: 180_000,
  }, async () => {
    const { data, page, program, visitor } = stage;
    console.log(`  started in ${program.startedInMs.toFixed(0)} ms (to the printed address)`);
    expect(program.startedInMs).toBeLessThan(15_000);
    await doFirstHour(page, secret);
    expect({
      received: tracesIn(visitor.received(), secret),
      files: tracesInFolder(data, secret),
      processes: tracesInProcesses(secret),
      output: tracesIn(program.output(), secret),
      complaints: visitor.complaints,
    }).toEqual({ received: [], files: [], processes: [], output: [], complaints: [] });
    // A search that cannot find anything proves nothing: the name went over the same wire.
    expect(visitor.received().includes("HF_TOKEN")).toBe(true);
  });
});

const noWindow = whyNoWindow();

describe("the first hour in a window", () => {
  skipWhen(noWindow);
  const data = newDataFolder();
  const secret = `hf_${randomBytes(24).toString("base64url")}`;
  let program: ElectronApplication;

  beforeAll(async () => {
    if (noWindow !== null) return;
    program = await startDesktop(data);
  });
  afterAll(async () => {
    await program?.close();
    await removeFolder(data);
  });

  test("goes from the window to a whole audit, and the secret shows nowhere", { timeout: 180_000 }, async () => {
    const { page, complaints } = await watchPage(await program.firstWindow());
    keepOnFailure(page, "first-hour-window");
    await doFirstHour(page, secret);
    expect({
      files: tracesInFolder(data, secret),
      processes: tracesInProcesses(secret),
      complaints,
    }).toEqual({ files: [], processes: [], complaints: [] });
  });
});
