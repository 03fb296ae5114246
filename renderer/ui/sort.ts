export type SortValue = string | number | null;
export type Sort = { id: string; down: boolean };

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Compares as a person would: `host-2` before `host-10`, what is not known last in both directions. */
export function sortRows<Row>(rows: readonly Row[], by: (row: Row) => SortValue, down: boolean): Row[] {
  const sign = down ? -1 : 1;
  return [...rows].sort((left, right) => {
    const a = by(left);
    const b = by(right);
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * collator.compare(String(a), String(b));
  });
}
