import { expect, test } from "vitest";
import { readFacts } from "../../../../electron/core/fleet/index.ts";

const now = 1_700_000_000_000;

test("reads what the probes print on Debian", () => {
  expect(
    readFacts(
      {
        hostname: "orion\n",
        osRelease: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n',
        kernel: "6.1.0-18-amd64\n",
        nproc: "64\n",
        meminfo: "MemTotal:       527953408 kB\nMemFree:  1 kB\nMemAvailable:   410000000 kB\n",
        loadavg: "1.52 1.20 1.01 2/900 12345\n",
        uptime: "86400.25 100.00\n",
        bootId: "6f2c3c1e-8f5f-4d0c-9a39-0c7e5b7d21aa\n",
        df: "Filesystem 1-blocks Used Available Capacity Mounted on\n/dev/sda1 1000000000 400000000 600000000 40% /\n",
      },
      now,
    ),
  ).toEqual({
    hostname: "orion",
    operatingSystem: "Debian GNU/Linux 12 (bookworm)",
    kernel: "6.1.0-18-amd64",
    cpus: 64,
    memoryTotalBytes: 527953408 * 1024,
    memoryAvailableBytes: 410000000 * 1024,
    load: 1.52,
    bootedAt: now - 86_400_250,
    bootId: "6f2c3c1e-8f5f-4d0c-9a39-0c7e5b7d21aa",
    diskTotalBytes: 1_000_000_000,
    diskFreeBytes: 600_000_000,
  });
});

test("what is missing or garbled is null, never a guess", () => {
  const none = {
    hostname: null,
    osRelease: "nonsense",
    kernel: "",
    nproc: "many",
    meminfo: "MemTotal: lots",
    loadavg: "",
    uptime: null,
    bootId: "not one\n",
    df: "df: no such file",
  };
  expect(Object.values(readFacts(none, now))).toEqual(new Array(11).fill(null));
});
