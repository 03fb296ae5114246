import { defineConfig } from "vitest/config";

// One project a kind of test. Unit and architecture tests need nothing installed; integration and e2e
// tests use real parts where they are there (scripts/lib/parts.mjs lists them).
// What waits on real programs and real time may be tried once more; scripts/test.mjs names each test that needed it.
const project = (name: string, include: string[], testTimeout: number, parallel: boolean) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: 120_000,
    environment: "node" as const,
    fileParallelism: parallel,
    retry: parallel ? 0 : 1,
    pool: "forks" as const,
  },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", ["test/unit/**/*.test.{ts,tsx}"], 15_000, true),
      project("architecture", ["test/architecture/**/*.test.ts"], 60_000, true),
      project("integration", ["test/integration/**/*.test.ts"], 60_000, false),
      project("e2e", ["test/e2e/**/*.test.ts"], 120_000, false),
    ],
  },
});
