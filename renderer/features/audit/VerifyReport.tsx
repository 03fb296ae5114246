import type { AuditReport } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner } from "../../ui/index.ts";

/** Remarks on what was checked and is in order. */
const settled: ReadonlySet<AuditReport["unchecked"][number]["kind"]> = new Set(["vouched", "recovered"]);

/** What was checked, what was found, and what could not be looked at. */
export function VerifyReport({ report }: { report: AuditReport }) {
  const { t, fmt, maybe } = useText();
  const whole = report.verdict === "whole";
  const open = report.unchecked.filter((remark) => !settled.has(remark.kind));
  const period =
    report.firstAt !== null && report.lastAt !== null
      ? t("verify.period", { from: fmt.dateTime(report.firstAt), to: fmt.dateTime(report.lastAt) })
      : "";
  return (
    <Banner
      tone={whole ? (open.length > 0 ? "warn" : "ok") : "danger"}
      title={t(`verify.${report.verdict}`, {
        records: report.records,
        checkpoints: report.checkpoints,
      })}
    >
      <div>
        {period} {t("verify.took", { duration: fmt.duration(report.durationMs), segments: report.segments })}
      </div>
      {report.damage.length > 0 && (
        <ul className="damage">
          {report.damage.map((one) => (
            <li key={`${one.file}:${one.line}:${one.kind}`}>
              <code>
                {one.file}:{one.line}
              </code>{" "}
              {one.seq !== null && t("audit.seq", { seq: one.seq })} {one.note}
            </li>
          ))}
        </ul>
      )}
      {report.unchecked.map((remark) => {
        const words = maybe(`unchecked.${remark.kind}`, remark.details) ?? remark.text;
        return (
          <div key={remark.text} className={settled.has(remark.kind) ? "muted" : undefined}>
            {settled.has(remark.kind) ? words : t("verify.unchecked", { what: words })}
          </div>
        );
      })}
    </Banner>
  );
}
