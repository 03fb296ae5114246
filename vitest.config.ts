import { defineConfig } from "vitest/config";

// One project a kind of test. Unit and architecture tests need nothing installed; integration and e2e
// tests use real parts where they are there (test/helpers/parts.ts says which, and why one is not).
const project = (name: string, include: string[], testTimeout: number, parallel: boolean) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: 120_000,
    environment: "node" as const,
    fileParallelism: parallel,
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
