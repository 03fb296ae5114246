/** A skip that no machine of ours can help: its reason begins with this word. */
const ALLOWED = "allowed: ";

/**
 * Counts a report and words what was skipped. With `noSkip`, a skip whose reason is not an allowed one counts as failed.
 *
 * @param {{ tests: { file: string, name: string, state: string, note: string | null, tries?: number }[], broken: string[], stray: number } | null} report
 *   null when there is none; `broken` are files that could not be run, `stray` errors that no test can be blamed for
 * @param {{ noSkip: boolean }} options
 * @returns {{ lines: string[], passed: number, failed: number, skipped: number }}
 */
export function summarize(report, { noSkip }) {
  if (report === null) return { lines: ["The tests left no report."], passed: 0, failed: 1, skipped: 0 };
  const { tests, broken, stray } = report;
  const count = (state) => tests.filter((test) => test.state === state).length;
  const skipped = tests.filter((test) => test.state === "skipped" || test.state === "pending");
  const groups = new Map();
  for (const { file, note } of skipped) {
    const key = `${file}: ${note ?? "no reason given"}`;
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  const again = tests.filter((test) => test.state === "passed" && (test.tries ?? 1) > 1);
  const forbidden = noSkip ? skipped.filter((test) => !test.note?.startsWith(ALLOWED)).length : 0;
  return {
    lines: [
      ...broken.map((file) => `could not run ${file}`),
      ...(stray > 0 ? [`${stray} errors outside of any test`] : []),
      ...again.map((test) => `passed only when tried again: ${test.file}: ${test.name}`),
      ...[...groups].map(([key, many]) => `skipped ${many} in ${key}`),
      ...(forbidden > 0 ? [`${forbidden} skipped tests count as failed: here nothing may be skipped`] : []),
    ],
    passed: count("passed"),
    failed: count("failed") + broken.length + stray + forbidden,
    skipped: skipped.length - forbidden,
  };
}
