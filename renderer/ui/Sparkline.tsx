/** Values that fill the whole width. */
const kept = 60;

/** Dashes stand for the time before the first value. A line of the last values, oldest first. `max` fixes the scale, so that two of them can be compared. */
export function Sparkline({ values, max, label }: { values: readonly (number | null)[]; max: number; label: string }) {
  const points = sparkPoints(values, max, 100, 32);
  return (
    <svg className="spark" viewBox="0 0 100 32" preserveAspectRatio="none" role="img" aria-label={label}>
      <line className="base" x1="0" y1="32" x2="100" y2="32" />
      {values.length < kept && <line className="unknown" x1="0" y1="31" x2={points[0]?.split(",")[0] ?? 100} y2="31" />}
      {points.length > 1 && (
        <>
          <polygon className="area" points={`${points[0]?.split(",")[0]},32 ${points.join(" ")} 100,32`} />
          <polyline className="line" points={points.join(" ")} />
        </>
      )}
    </svg>
  );
}

/** Places the values from the right edge (newest) to the left; a hole repeats nothing, it is left out. */
export function sparkPoints(
  values: readonly (number | null)[],
  max: number,
  width: number,
  height: number,
  capacity = kept,
): string[] {
  const shown = values.slice(-capacity);
  const step = width / (capacity - 1);
  const points: string[] = [];
  shown.forEach((value, index) => {
    if (value === null) return;
    const x = width - (shown.length - 1 - index) * step;
    const share = max > 0 ? Math.max(0, Math.min(1, value / max)) : 0;
    points.push(`${x.toFixed(2)},${(height - share * (height - 2)).toFixed(2)}`);
  });
  return points;
}
