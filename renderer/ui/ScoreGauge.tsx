/** A ring of 0 to 100 with the number in it; `denied` shows that a good score is not enough. */
export function ScoreGauge({ score, label, denied }: { score: number; label: string; denied?: boolean }) {
  const tone = denied ? "danger" : score >= 90 ? "ok" : score >= 70 ? "warn" : "danger";
  const length = 2 * Math.PI * 20;
  return (
    <svg className={`gauge tone-${tone}`} width="52" height="52" viewBox="0 0 52 52" role="img" aria-label={label}>
      <circle className="track" cx="26" cy="26" r="20" />
      <circle
        className="value"
        cx="26"
        cy="26"
        r="20"
        strokeDasharray={`${(length * Math.max(0, Math.min(100, score))) / 100} ${length}`}
        transform="rotate(-90 26 26)"
      />
      <text x="26" y="31" textAnchor="middle">
        {score}
      </text>
    </svg>
  );
}
