import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Helper, openHelper, readQuestion } from "../../../../../electron/core/ssh/system/helper.ts";
import { until } from "../../../../helpers/until.ts";

describe("what the helper was asked", () => {
  it.each<[string, string, ReturnType<typeof readQuestion>]>([
    ["one word", "1\n\nPassword: \n", { mode: "", args: ["Password: "] }],
    ["one word of several lines", "1\nnone\nTouch\nthe key\n", { mode: "none", args: ["Touch\nthe key"] }],
    ["several", "3\n\nhost\nORDER\nname\n", { mode: "", args: ["host", "ORDER", "name"] }],
    ["words that hold lines, which is no way to get one more", "2\n\nhost\nORDER\nname\n", null],
    ["nothing", "", null],
    ["no words", "0\n\n", null],
    ["too much", `1\n\n${"x".repeat(70_000)}\n`, null],
  ])("%s", (_name, text, question) => expect(readQuestion(Buffer.from(text))).toEqual(question));
});

describe.skipIf(process.platform === "win32")("the helper", () => {
  const open: Helper[] = [];
  afterEach(async () => {
    for (const helper of open.splice(0)) await helper.close();
  });
  async function helperWith(answer: Parameters<typeof openHelper>[0]): Promise<Helper> {
    const helper = await openHelper(answer);
    open.push(helper);
    return helper;
  }
  function run(program: string, ...args: string[]) {
    const child = spawn(program, args, { env: { PATH: process.env.PATH }, stdio: ["ignore", "pipe", "pipe"] });
    const out: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    const ended = new Promise<{ code: number | null; out: string }>((resolve) =>
      child.once("close", (code) => resolve({ code, out: Buffer.concat(out).toString("latin1") })),
    );
    return { child, ended };
  }

  it("prints what it was told, byte for byte, and overwrites it", async () => {
    const odd = Buffer.from("  a'b\"c\\d$e`f%s\t\xff\xfe* -n ", "latin1");
    const told = [Buffer.from(odd), Buffer.from("")];
    const asked: unknown[] = [];
    const helper = await helperWith(async (question) => {
      asked.push(question);
      return told;
    });
    const { ended } = run(helper.program, "What is it? ");
    expect(await ended).toEqual({ code: 0, out: `${odd.toString("latin1")}\n\n` });
    expect(asked).toEqual([{ mode: "", args: ["What is it? "] }]);
    await until(() => told[0]?.every((byte) => byte === 0), { timeoutMs: 2_000, what: "the answer is overwritten" });
    const left = () => readdirSync(helper.folder).sort();
    await until(() => left().length === 2, { timeoutMs: 2_000, what: "nothing of the question is left" });
    expect(left()).toEqual(["ask", "helper"]);
  });

  it("keeps to the person: folder, program and pipe are for nobody else", async () => {
    const { folder, program } = await helperWith(async () => null);
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect([mode(folder), mode(program), mode(join(folder, "ask")), statSync(join(folder, "ask")).isFIFO()]).toEqual([
      ...["700", "700", "600"],
      true,
    ]);
  });

  it("fails when it is refused", async () => {
    const helper = await helperWith(async () => null);
    expect(await run(helper.program, "?").ended).toEqual({ code: 1, out: "" });
  });

  it("answers several at once, each its own", async () => {
    const helper = await helperWith(async ({ args }) => [Buffer.from(`<${args[0]}>`)]);
    const words = ["a", "b", "c", "d", "e"];
    const said = await Promise.all(words.map((word) => run(helper.program, word).ended));
    expect(said.map(({ out }) => out)).toEqual(words.map((word) => `<${word}>\n`));
  });

  it("ends when the console does, and when whoever asked is stopped", async () => {
    const signals: AbortSignal[] = [];
    const helper = await helperWith((_question, signal) => {
      signals.push(signal);
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null)));
    });
    const stopped = run(helper.program, "first");
    const left = run(helper.program, "second");
    await until(() => signals.length === 2, { timeoutMs: 5_000, what: "both have asked" });
    stopped.child.kill("SIGTERM");
    expect((await stopped.ended).code).toBe(1);
    await until(() => signals.filter((signal) => signal.aborted).length === 1, { timeoutMs: 2_000 });
    await helper.close();
    expect((await left.ended).out).toBe("");
    expect(existsSync(helper.folder)).toBe(false);
  });
});
