import { describe, expect, test } from "vitest";
import { knownFields, parseGpuLine, wantedFields } from "../../../../electron/core/fleet/nvidia.ts";
import { hostSpecs } from "../../../../electron/practice/hostSpecs.ts";
import { createGpus, type GpuHolder, readingAt } from "../../../../electron/practice/machine/gpus.ts";
import { nvidiaSmi } from "../../../../electron/practice/machine/smi.ts";
import { createFiles } from "../../../../electron/practice/shell/files.ts";
import { noInput, runArgv } from "../../../../electron/practice/shell/run.ts";

const now = Date.UTC(2026, 2, 1, 12);

interface Setting {
  host?: "orion" | "vega";
  holders?: GpuHolder[];
  lost?: number;
  stopAfter?: number;
}

async function smi(args: readonly string[], setting: Setting = {}) {
  const spec = hostSpecs.find(({ id }) => id === (setting.host ?? "orion"));
  if (spec === undefined) throw new Error("no host");
  const gpus = createGpus({
    specs: spec.gpus,
    driverVersion: spec.driverVersion,
    now: () => now,
    holders: () => setting.holders ?? [],
    isLost: ({ index }) => index === setting.lost,
  });
  const stop = new AbortController();
  let loops = 0;
  const sleep = async () => {
    loops += 1;
    if (loops >= (setting.stopAfter ?? 1)) stop.abort();
  };
  const files = createFiles({ seeds: {}, now: () => now, owner: { uid: 0, gid: 0 }, refuses: () => null });
  const machine = { programs: new Map([["nvidia-smi", nvidiaSmi(gpus, { now: () => now, sleep })]]), files, env: {} };
  let stdout = "";
  const io = {
    stdin: noInput(),
    out: (data: string | Uint8Array) => {
      stdout += data;
    },
    err: () => undefined,
  };
  return { code: await runArgv(machine, ["nvidia-smi", ...args], io, stop.signal), stdout };
}

const plain = "--format=csv,noheader,nounits";
const uuid0 = "GPU-6f0c1a52-8f0e-4b0b-9a51-2f1d7c3e0a10";
const uuid1 = "GPU-6f0c1a52-8f0e-4b0b-9a51-2f1d7c3e0a11";

describe("--query-gpu", () => {
  test.each<[name: string, args: string[], expected: { code: number; stdout: string }]>([
    ["plain", ["--query-gpu=index,uuid", plain], { code: 0, stdout: `0, ${uuid0}\n1, ${uuid1}\n` }],
    ["one by its UUID", ["--query-gpu=index", plain, "-i", uuid1], { code: 0, stdout: "1\n" }],
    [
      "header",
      ["--query-gpu=index,memory.total", "--format=csv"],
      { code: 0, stdout: "index, memory.total [MiB]\n0, 81559 MiB\n1, 81559 MiB\n" },
    ],
    ["separate value", ["--query-gpu", "index", "--format", "csv,noheader"], { code: 0, stdout: "0\n1\n" }],
    [
      "older names",
      ["--query-gpu=clocks_throttle_reasons.active", plain, "-i", "0"],
      { code: 0, stdout: "0x0000000000000001\n" },
    ],
    ["newer field", ["--query-gpu=gpu_recovery_action", plain, "-i", "0"], { code: 0, stdout: "None\n" }],
    [
      "unknown field",
      ["--query-gpu=index,wings", plain],
      { code: 2, stdout: 'Field "wings" is not a valid field to query.\n\n' },
    ],
    ["no such GPU", ["--query-gpu=index", plain, "-i", "9"], { code: 6, stdout: "No devices were found\n" }],
    [
      "-L",
      ["-L"],
      {
        code: 0,
        stdout: `GPU 0: NVIDIA H100 80GB HBM3 (simulated) (UUID: ${uuid0})\nGPU 1: NVIDIA H100 80GB HBM3 (simulated) (UUID: ${uuid1})\n`,
      },
    ],
  ])("%s", async (_name, args, expected) => {
    expect(await smi(args)).toEqual(expected);
  });

  test("an older driver does not know the newer fields", async () => {
    const query = ["--query-gpu=clocks_event_reasons.active", plain];
    expect(await smi(query, { host: "vega" })).toMatchObject({ code: 2 });
    expect(await smi(["--query-gpu=ecc.mode.current,temperature.memory", plain], { host: "vega" })).toEqual({
      code: 0,
      stdout: "Enabled, [N/A]\n",
    });
  });

  test("the console finds all that it wants in the help, and reads every line", async () => {
    const fields = knownFields((await smi(["--help-query-gpu"])).stdout);
    expect(fields).toEqual([...wantedFields]);
    const { stdout } = await smi([`--query-gpu=${fields.join(",")}`, plain]);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => parseGpuLine(line, fields)?.uuid),
    ).toEqual([uuid0, uuid1]);
  });

  test("a loop prints a block each time until it is stopped", async () => {
    expect(await smi(["--query-gpu=index", plain, "-l", "1"], { stopAfter: 3 })).toEqual({
      code: 130,
      stdout: "0\n1\n".repeat(3),
    });
    expect(await smi(["--query-gpu=index", plain, "--loop-ms=100"], { stopAfter: 2 })).toMatchObject({
      stdout: "0\n1\n".repeat(2),
    });
  });

  test("a lost GPU: the others, then the message, status 15", async () => {
    expect(await smi(["--query-gpu=index", plain], { lost: 1 })).toEqual({
      code: 15,
      stdout:
        "0\nUnable to determine the device handle for GPU1: 0000:43:00.0: GPU is lost.  Reboot the system to recover this GPU\n",
    });
  });
});

test("--query-compute-apps lists who holds a GPU, with the memory shared among them", async () => {
  const holders = [{ uuid: uuid1, pid: 77, processName: "node" }];
  const query = ["--query-compute-apps=gpu_uuid,pid,process_name,used_memory", plain];
  const { code, stdout } = await smi(query, { holders });
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^${uuid1}, 77, node, \\d{5}\n$`));
  expect(await smi(query)).toEqual({ code: 0, stdout: "" });
});

describe("readings", () => {
  const [gpu] = hostSpecs[0]?.gpus ?? [];
  if (gpu === undefined) throw new Error("no GPU");

  test("stay within what the card can do, busy or not, at any time", () => {
    for (let second = 0; second < 4_000; second += 7) {
      for (const holders of [0, 1, 2, 3]) {
        const at = readingAt(gpu, second, holders);
        expect(at.utilization).toBeGreaterThanOrEqual(0);
        expect(at.utilization).toBeLessThanOrEqual(100);
        expect(at.memoryUsedMiB + at.memoryReservedMiB).toBeLessThanOrEqual(gpu.memoryMiB);
        expect(at.watts).toBeLessThanOrEqual(gpu.powerLimitWatts);
        expect(at.temperature).toBeLessThan(87);
      }
    }
  });

  test("move with time while it is held, and rest when it is not", () => {
    const busy = new Set(Array.from({ length: 20 }, (_, n) => readingAt(gpu, n, 1).utilization));
    expect(busy.size).toBeGreaterThan(5);
    expect(readingAt(gpu, 5, 0)).toMatchObject({ busy: false, utilization: 0, memoryUsedMiB: 4, pstate: "P8" });
  });
});
