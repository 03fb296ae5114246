import type { LogBucket } from "../../../electron/contract/index.ts";

export type Density = { from: number; to: number; stepMs: number; buckets: readonly LogBucket[] };

/** Height of a count, 0 to 1: by its root, so that one error beside a burst can still be seen. */
export function heightOf(count: number, most: number): number {
  if (count <= 0 || most <= 0) return 0;
  return Math.max(0.08, Math.sqrt(count / most));
}

type Layer = "lines" | "rows" | "warn" | "error";

/** One path of bars for each layer, in a box of `buckets` by 1: four elements, however many buckets. */
export function pathsOf({ buckets }: Pick<Density, "buckets">): Record<Layer, string> {
  const most = Math.max(1, ...buckets.map(({ lines }) => lines));
  const path = (count: (bucket: LogBucket) => number) =>
    buckets
      .map((bucket, at) => {
        const height = heightOf(count(bucket), most);
        return height === 0 ? "" : `M${at} 1V${(1 - height).toFixed(3)}H${at + 1}V1Z`;
      })
      .join("");
  return {
    lines: path(({ lines }) => lines),
    rows: path(({ rows }) => rows),
    // What warns stands on what fails: both are seen.
    warn: path(({ warn, error }) => (warn > 0 ? warn + error : 0)),
    error: path(({ error }) => error),
  };
}

/** Place of a time on the bar, 0 to 1. */
export function shareOf({ from, to }: Pick<Density, "from" | "to">, at: number): number {
  return to <= from ? 1 : Math.min(1, Math.max(0, (at - from) / (to - from)));
}

/** The bucket at a place on the bar. */
export function bucketAt(density: Density, share: number): { bucket: LogBucket; at: number } | null {
  const index = Math.min(density.buckets.length - 1, Math.max(0, Math.floor(share * density.buckets.length)));
  const bucket = density.buckets[index];
  return bucket === undefined ? null : { bucket, at: index };
}

/** Hits in all: the sum over the bar. */
export function rowsIn({ buckets }: Pick<Density, "buckets">): number {
  return buckets.reduce((sum, { rows }) => sum + rows, 0);
}
