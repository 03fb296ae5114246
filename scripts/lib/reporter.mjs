import { writeFileSync } from "node:fs";

/** A Vitest reporter that writes what `test.mjs` counts: each test's state, and the reason of each skip. */
export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => {
        const { state, note } = test.result();
        const tries = 1 + (test.diagnostic()?.retryCount ?? 0);
        return { file: module.relativeModuleId, name: test.fullName, state, note: note ?? null, tries };
      }),
    );
    const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0);
    const report = { tests, broken: broken.map((module) => module.relativeModuleId), stray: unhandledErrors.length };
    writeFileSync(process.env.GATEHOUSE_TEST_REPORT, JSON.stringify(report));
  }
}
