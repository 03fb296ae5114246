import { describe, expect, test } from "vitest";
import {
  type GpuField,
  knownFields,
  nvidiaTrouble,
  parseGpuLine,
  wantedFields,
} from "../../../../electron/core/fleet/index.ts";

const all: GpuField[] = [...wantedFields];

describe("knownFields", () => {
  test("keeps the wanted fields that the help names, in the order of the query", () => {
    const help =
      'Valid properties to query\n"uuid" or "gpu_uuid"\nThis value is...\n"index"\nZero based\n"memory.total"\n';
    expect(knownFields(help)).toEqual(["index", "uuid", "memory.total"]);
  });
  test("is empty for a help that names none", () => expect(knownFields("NVIDIA-SMI has failed")).toEqual([]));
});

describe("parseGpuLine", () => {
  const healthy = "0, GPU-5f6e, NVIDIA H100 80GB HBM3, 550.54.15, 81559, 1024, 37, 45, 120.50, 700.00";
  test("a healthy GPU", () => {
    expect(parseGpuLine(healthy, all)).toEqual({
      index: 0,
      uuid: "GPU-5f6e",
      name: "NVIDIA H100 80GB HBM3",
      driver: "550.54.15",
      memoryTotalMiB: 81559,
      memoryUsedMiB: 1024,
      utilization: 37,
      temperature: 45,
      powerDraw: 120.5,
      powerLimit: 700,
      fault: null,
    });
  });
  for (const [word, fault] of [
    ["[N/A]", null],
    ["N/A", null],
    ["[Not Supported]", null],
    ["[Insufficient Permissions]", null],
    ["ERR!", "error"],
    ["[Unknown Error]", "error"],
    ["[GPU requires reset]", "reset-required"],
  ] as const) {
    test(`a figure that reads ${word} is null, fault ${fault}`, () => {
      const row = parseGpuLine(healthy.replace(", 37,", `, ${word},`), all);
      expect([row?.utilization, row?.fault]).toEqual([null, fault]);
    });
  }
  test.each([
    ["a line with a cell too few", "0, GPU-5f6e, NVIDIA"],
    ["an error sentence", 'Field "x" is not a valid field to query.'],
    ["an empty line", ""],
    ["no index", healthy.replace("0, GPU", "x, GPU")],
    ["no UUID", healthy.replace("GPU-5f6e", "5f6e")],
  ])("%s is no GPU", (_name, line) => expect(parseGpuLine(line, all)).toBeNull());
});

describe("nvidiaTrouble", () => {
  test.each([
    [127, "sh: 1: nvidia-smi: not found", "not-installed"],
    [9, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "no-driver"],
    [18, "Failed to initialize NVML: Driver/library version mismatch", "version-mismatch"],
    [6, "No devices were found", "no-devices"],
    [15, "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.", "lost"],
    [1, "something else", "unknown"],
  ])("exit %i, %s", (code, output, word) => expect(nvidiaTrouble(code, output)).toBe(word));
});
