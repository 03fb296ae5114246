import type { ContainerRow, Problem } from "../../../electron/contract/index.ts";

export type Verb = "start" | "stop" | "restart";

/** Which of the rows an action can do something for: what runs is not started, what stands is not stopped. */
export function fitFor(verb: Verb, rows: readonly ContainerRow[]): ContainerRow[] {
  const runs = (row: ContainerRow) => ["running", "restarting", "paused"].includes(row.state);
  return rows.filter((row) => (verb === "start" ? !runs(row) : runs(row)));
}

export type BulkFailure = { row: ContainerRow; problem: Problem };

/** Does the same for many, a few at a time, to the end whatever fails; what failed comes back with its reason. */
export async function forEach<Row, Failure>(
  rows: readonly Row[],
  act: (row: Row) => Promise<unknown>,
  failed: (row: Row, error: unknown) => Failure,
  atOnce = 4,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const waiting = [...rows];
  async function worker(): Promise<void> {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      try {
        await act(row);
      } catch (error) {
        failures.push(failed(row, error));
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, rows.length) }, worker));
  return failures;
}
