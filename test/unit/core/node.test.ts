import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeForker, systemClock, systemRandom } from "../../../electron/core/node.ts";
import { createSerial } from "../../../electron/core/serial.ts";
import { fakeClock, tempFolder } from "../../helpers/ports.ts";
import { until } from "../../helpers/until.ts";

const folder = tempFolder();

describe("systemRandom", () => {
  it("makes UUIDv7 ids that carry the time", () => {
    const id = systemRandom(() => 0x0123456789ab).id();
    expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("makes rising ids within one millisecond, and when the clock steps back", () => {
    let now = 1_000_000;
    const random = systemRandom(() => now);
    const ids = Array.from({ length: 10_000 }, (_, n) => {
      if (n === 5_000) now -= 500;
      return random.id();
    });
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("systemClock", () => {
  it("calls once after the time, and never once cancelled", async () => {
    const calls: string[] = [];
    const clock = systemClock();
    clock.after(1, () => calls.push("never"))();
    clock.after(5, () => calls.push("once"));
    await until(() => calls.length > 0);
    expect(calls).toEqual(["once"]);
  });
});

async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function program(name: string, source: string): string {
  const file = join(folder.path, `${name}.mjs`);
  writeFileSync(file, source);
  return file;
}

describe("nodeForker", () => {
  it("gives arguments, the environment that was named and nothing else", async () => {
    const file = program(
      "show",
      "console.log(JSON.stringify([process.argv.slice(2), Object.keys(process.env)]));process.exit(3)",
    );
    const child = nodeForker().fork(file, { args: ["a b"], env: { ONLY: "1" } });
    const [out, code] = await Promise.all([text(child.stdout), child.exited]);
    expect({ out: JSON.parse(out), code }).toEqual({ out: [["a b"], ["ONLY"]], code: 3 });
  });

  it("stops a program politely", async () => {
    const file = program(
      "polite",
      "process.on('SIGTERM',()=>process.exit(7));setInterval(()=>{},1e3);console.log('up')",
    );
    const child = nodeForker().fork(file, { env: {} });
    for await (const _ of child.stdout) break;
    await child.stop();
    expect(await child.exited).toBe(7);
  });

  it("kills a program that does not listen", async () => {
    const file = program("stubborn", "process.on('SIGTERM',()=>{});setInterval(()=>{},1e3);console.log('up')");
    const child = nodeForker().fork(file, { env: {} });
    for await (const _ of child.stdout) break;
    await child.stop();
    expect(await child.exited).toBeNull();
  });
});

describe("createSerial", () => {
  it("runs one task after the other and survives a failing one", async () => {
    const serial = createSerial();
    const seen: string[] = [];
    const slow = serial(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push("slow");
    });
    const failing = serial(() => {
      throw new Error("boom");
    });
    const last = serial(() => seen.push("last"));
    await expect(failing).rejects.toThrow("boom");
    await Promise.all([slow, last]);
    expect(seen).toEqual(["slow", "last"]);
  });
});

describe("fakeClock", () => {
  it("runs timers in order of their time, also those that timers start", async () => {
    const clock = fakeClock(0);
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b${clock.now()}`));
    clock.after(10, () => {
      seen.push(`a${clock.now()}`);
      clock.after(5, () => seen.push(`c${clock.now()}`));
    });
    clock.after(31, () => seen.push("late"));
    await clock.advance(30);
    expect({ seen, now: clock.now(), pending: clock.pending }).toEqual({
      seen: ["a10", "c15", "b20"],
      now: 30,
      pending: 1,
    });
  });
});
