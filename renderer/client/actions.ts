import { useCallback, useState } from "react";
import type { Problem } from "../../electron/contract/index.ts";
import { useClient } from "./hooks.ts";
import type { Client } from "./index.ts";
import { toProblem } from "./problem.ts";

export type Action<A extends readonly unknown[], R> = {
  run: (...args: A) => Promise<R | undefined>;
  busy: boolean;
  problem: Problem | null;
  forget: () => void;
};

/** One thing that a person asks for: whether it runs, and what went wrong. Resolves to undefined when it failed. */
export function useAction<A extends readonly unknown[], R>(
  act: (client: Client, ...args: A) => Promise<R>,
): Action<A, R> {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async (...args: A): Promise<R | undefined> => {
    setBusy(true);
    setProblem(null);
    try {
      return await act(client, ...args);
    } catch (error) {
      setProblem(toProblem(error));
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, problem, forget: useCallback(() => setProblem(null), []) };
}
