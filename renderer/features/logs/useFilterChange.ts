import { type RefObject, useEffect, useRef } from "react";
import type { LogFilter } from "../../../electron/contract/index.ts";
import type { Landing, LogSession } from "./feed/session.ts";
import type { RowsHandle } from "./rows/LogRows.tsx";
import type { Start } from "./rows/useRowWindow.ts";

type Options = {
  session: LogSession | null;
  filter: LogFilter | undefined;
  rows: RefObject<RowsHandle | null>;
  follow: boolean;
  /** Row of the line that is chosen. */
  row: number | null;
  landing: Landing | null;
};

/** Another filter: the line that one looks at stays where it is on the screen, or the end stays the end. */
export function useFilterChange({ session, filter, rows, follow, row, landing }: Options): Start | null {
  const key = JSON.stringify(filter ?? null);
  const asked = useRef(key);
  const kept = useRef<{ index: number; y: number } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the filter; the rest is looked at when it changes
  useEffect(() => {
    if (session === null || asked.current === key) {
      asked.current = key;
      return;
    }
    asked.current = key;
    // Several filters one after the other keep the line that was looked at before the first.
    const same = row === null && rows.current?.touched() === false && kept.current;
    kept.current = follow ? null : same || (rows.current?.eye(row) ?? null);
    session.setFilter(filter, kept.current?.index ?? null);
  }, [session, key]);
  return landing === null ? null : { row: landing.row, y: kept.current?.y ?? 0 };
}
