/** Which lines of a log are rows: filters that run in linear time, and an index of rows for each. */
export { compileFilter } from "./compile.ts";
export { lineDigest } from "./digest.ts";
export { lineTest } from "./lineTest.ts";
export { createRows } from "./rows.ts";
export { createSlices, type Slices } from "./slices.ts";
export type {
  CompiledFilter,
  Density,
  DensityRange,
  FilterOptions,
  Rows,
  RowsHead,
  RowsOptions,
  RowTarget,
} from "./types.ts";
