import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createForks } from "../../../../electron/shells/desktop/forks.ts";
import { coreMessage, linkToMain, type MainMessage, mainMessage } from "../../../../electron/shells/utility/index.ts";
import { bundleScript } from "../../../../scripts/lib/bundleScript.mjs";
import { state } from "../../../helpers/electron/standIn/rules.ts";
import { setChildModule } from "../../../helpers/electron/standIn/utilityProcess.ts";
import { tempFolder } from "../../../helpers/ports.ts";
import { until } from "../../../helpers/until.ts";

vi.mock("electron", async () => await import("../../../helpers/electron/standIn/utilityProcess.ts"));

interface Event {
  data: unknown;
  ports: never[];
}

/** The core's link and main's forks, joined by cloned messages as between two processes. */
function joined(allowed: string[]) {
  let toCore: (event: Event) => void = () => undefined;
  const heard: string[] = [];
  const forks = createForks(new Set(allowed), (message: MainMessage) =>
    toCore({ data: mainMessage.parse(structuredClone(message)), ports: [] }),
  );
  const link = linkToMain(
    {
      on: (_, listener) => {
        toCore = listener;
      },
      postMessage(message) {
        const parsed = coreMessage.parse(structuredClone(message));
        if (parsed.type === "fork" || parsed.type === "fork-stop" || parsed.type === "taken") forks.handle(parsed);
        else heard.push(JSON.stringify(parsed));
      },
    },
    { client: () => heard.push("client"), wake: () => heard.push("wake"), stop: () => heard.push("stop") },
  );
  return { link, forks, heard, say: (data: unknown) => toCore({ data, ports: [] }) };
}

const folder = tempFolder();
afterAll(folder.cleanup);

function program(name: string, source: string): string {
  const path = join(folder.path, `${name}.mjs`);
  writeFileSync(path, source);
  return path;
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe("programs that main runs for the core", () => {
  let stopAll: () => void;
  beforeAll(async () => {
    setChildModule(
      await bundleScript(fileURLToPath(new URL("../../../helpers/electron/standIn/utilityChild.ts", import.meta.url))),
    );
    state.ready = true;
  });
  afterEach(() => stopAll());

  const start = (path: string, options: { args?: string[]; env?: Record<string, string> } = {}) => {
    const { link, forks } = joined([path]);
    stopAll = forks.stopAll;
    return link.forker.fork(path, { args: options.args ?? [], env: options.env ?? {} });
  };

  test("get their arguments and no other environment; output and exit status come back", async () => {
    const path = program(
      "say",
      'console.log(process.argv[2], Object.keys(process.env).filter((n) => !n.startsWith("NODE_")).join()); console.error("err"); process.exit(3);',
    );
    const child = start(path, { args: ["hello"], env: { ONLY: "this" } });
    const [out, err, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]);
    expect({ out, err, code }).toEqual({ out: "hello ONLY\n", err: "err\n", code: 3 });
  });

  test("output is whole and in order, however slowly it is read", async () => {
    const bytes = 5 * 2 ** 20;
    const path = program(
      "much",
      `const b = Buffer.alloc(${bytes}, (i) => i); for (let i = 0; i < b.length; i++) b[i] = i * 7; process.stdout.write(b, () => process.exit(0));`,
    );
    const child = start(path);
    const hash = createHash("sha256");
    let length = 0;
    for await (const part of child.stdout) {
      hash.update(part);
      length += part.length;
      await new Promise(setImmediate);
    }
    const expected = createHash("sha256").update(Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7) & 255)));
    expect([length, hash.digest("hex")]).toEqual([bytes, expected.digest("hex")]);
  });

  test("one that is not read stops at its pipe", async () => {
    const path = program(
      "flood",
      'let n = 0; const go = () => { process.stderr.write(++n + " "); process.stdout.write("x".repeat(65536), go); }; go();',
    );
    const child = start(path);
    let last = "";
    void textOf(
      (async function* () {
        for await (const part of child.stderr) {
          last = String(part);
          yield part;
        }
      })(),
    );
    await until(() => last !== "");
    const settled = await until(async () => {
      const before = last;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return before === last ? last : null;
    });
    expect(Number(settled.trim().split(" ").at(-1)) * 65_536).toBeLessThan(8 * 2 ** 20);
    await child.stop();
  });

  test("stop asks politely; one that does not hear is killed", async () => {
    const polite = start(
      program(
        "polite",
        'process.on("SIGTERM", () => { console.log("bye"); process.exit(0); }); setInterval(() => {}, 1000); console.log("up");',
      ),
    );
    const out = textOf(polite.stdout);
    await until(() => polite.pid !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await polite.stop();
    expect([await out, await polite.exited]).toEqual(["up\nbye\n", 0]);

    const deaf = start(
      program("deaf", 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up");'),
    );
    for await (const part of deaf.stdout) if (String(part).includes("up")) break;
    await deaf.stop();
    expect(await deaf.exited).not.toBe(0);
  });

  test("must be refused: a program that is not one of ours", async () => {
    const path = program("other", 'console.log("run");');
    const { link } = joined([join(folder.path, "ours.mjs")]);
    const child = link.forker.fork(path, { env: {} });
    expect([await textOf(child.stdout), await child.exited, child.pid]).toEqual(["", 127, undefined]);
  });
});

describe("the core's link to main", () => {
  test("passes on what main says, once it is understood", async () => {
    const { link, heard, say } = joined([]);
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const message of [
      { type: "wake" },
      { type: "wake", more: 1 },
      { type: "unknown" },
      null,
      { type: "client", userAgent: "x" },
      { type: "stop" },
    ]) {
      say(message);
    }
    say({ type: "start", data: "/d", home: "/h", practice: false });
    // A client without its port is no client.
    expect(heard).toEqual(["wake", "stop"]);
    expect(errors).toHaveBeenCalledTimes(3);
    expect(await link.started).toEqual({ type: "start", data: "/d", home: "/h", practice: false });
    errors.mockRestore();
  });

  test("notifications are cut to what a desktop shows", () => {
    const { link, heard } = joined([]);
    link.notifier.notify("t".repeat(500), "b".repeat(5000));
    expect(JSON.parse(heard[0] ?? "")).toEqual({ type: "notify", title: "t".repeat(200), body: "b".repeat(1000) });
    link.notifier.badge(1_000_000);
    expect(JSON.parse(heard[1] ?? "")).toEqual({ type: "badge", count: 9_999 });
  });
});
