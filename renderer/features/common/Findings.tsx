import { Check, CircleAlert, Clock, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Finding, Severity } from "../../../electron/contract/index.ts";
import { type Text, useText } from "../../app/i18n/index.tsx";
import { Bar, Chip, type Tone } from "../../ui/index.ts";

const ranks: Record<Severity, number> = { critical: 0, high: 1, medium: 2, low: 3 };
const statusRanks: Record<Finding["status"], number> = { expired: 0, fail: 1, relaxed: 2, pass: 3 };

export function severityTone(severity: Severity): Tone {
  if (severity === "critical" || severity === "high") return "danger";
  return severity === "medium" ? "warn" : "idle";
}

/** What needs a person first, what is in order last. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      statusRanks[a.status] - statusRanks[b.status] ||
      ranks[a.severity] - ranks[b.severity] ||
      a.rule.localeCompare(b.rule),
  );
}

export function SeverityChip({ severity }: { severity: Severity }) {
  const { t } = useText();
  return (
    <Chip square tone={severityTone(severity)}>
      {t(`severity.${severity}`)}
    </Chip>
  );
}

/** Hardening score, 0 to 100, as a bar and a number. */
export function ScoreMeter({ score, label, wide }: { score: number; label: string; wide?: boolean }) {
  const tone: Tone = score >= 90 ? "ok" : score >= 70 ? "warn" : "danger";
  return (
    <span className="score" role="img" aria-label={label} title={label}>
      <Bar value={score} tone={tone} {...(wide ? { wide } : {})} />
      <span className="num">{score}</span>
    </span>
  );
}

/** The words of a rule; an unknown one shows its id rather than nothing. */
export function ruleWords(text: Text, finding: Finding): { title: string; why: string; fix: string } {
  const word = (part: string) => text.maybe(`rule.${finding.rule}.${part}`, finding.details);
  return { title: word("title") ?? finding.rule, why: word("why") ?? "", fix: word("fix") ?? "" };
}

const icons = {
  pass: <Check size={14} className="tone-ok" aria-hidden="true" />,
  fail: <CircleAlert size={14} className="tone-danger" aria-hidden="true" />,
  relaxed: <TriangleAlert size={14} className="tone-danger" aria-hidden="true" />,
  expired: <Clock size={14} className="tone-danger" aria-hidden="true" />,
};

/** One rule: what it is, why, how to mend it, where it comes from, and for how long it is let pass. */
export function FindingRow({ finding, actions, open }: { finding: Finding; actions?: ReactNode; open?: boolean }) {
  const text = useText();
  const { t } = text;
  const words = ruleWords(text, finding);
  const passes = finding.status === "pass";
  return (
    <details className={`finding ${finding.status}`} open={open ?? !passes}>
      <summary>
        {icons[finding.status]}
        <span className="grow">{words.title}</span>
        {finding.status === "relaxed" && <Chip tone="danger">{t("finding.relaxed")}</Chip>}
        {finding.status === "expired" && <Chip tone="danger">{t("finding.expired")}</Chip>}
        {!passes && <SeverityChip severity={finding.severity} />}
      </summary>
      <div className="finding-body">
        {words.why && <p>{words.why}</p>}
        {!passes && words.fix && (
          <p>
            <strong>{t("finding.fix")}</strong> {words.fix}
          </p>
        )}
        {finding.relaxation && (
          <p className="tone-danger">
            {t("finding.relaxedBecause", { reason: finding.relaxation.reason, until: finding.relaxation.until })}
          </p>
        )}
        <p className="muted">
          {finding.sources.map((source) => (source === "own" ? t("finding.ownRule") : source)).join(" · ")}
        </p>
        {actions}
      </div>
    </details>
  );
}
