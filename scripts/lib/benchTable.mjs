/**
 * Adds the ratio, made so that more is better, and whether it reaches the goal. A goal without a peer is missed.
 *
 * @param {import("../../test/bench/types.ts").BenchRow} row
 */
export function judgeRow(row) {
  const ratio = row.peer === null ? null : row.higherIsBetter ? row.ours / row.peer : row.peer / row.ours;
  return { ...row, ratio, ok: row.goal === null || (ratio !== null && ratio >= row.goal) };
}

const columns = [
  ["", (row) => (row.goal === null ? " " : row.ok ? "✓" : "✗")],
  ["figure", (row) => row.name],
  ["ours", (row) => figure(row.ours)],
  ["peer", (row) => (row.peer === null ? "–" : figure(row.peer))],
  ["unit", (row) => row.unit],
  ["ratio", (row) => (row.ratio === null ? "–" : figure(row.ratio))],
  ["goal", (row) => (row.goal === null ? "–" : `≥ ${row.goal}`)],
  ["peer is", (row) => row.peerName ?? ""],
  ["spread", (row) => row.spread ?? ""],
];

/** @param {ReturnType<typeof judgeRow>[]} rows */
export function tableOf(rows) {
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, text]) => text(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Three digits that matter. */
function figure(value) {
  return value >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
