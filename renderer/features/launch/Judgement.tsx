import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useState } from "react";
import type { Finding, LaunchSpec, Plan, Problem, Template } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Button, CodeBlock, ScoreGauge, Section } from "../../ui/index.ts";
import { FindingRow, foldCommand, ProblemBanner, sortFindings } from "../common/index.ts";
import { canRelax, putBack } from "./draft.ts";
import { RelaxDialog } from "./RelaxDialog.tsx";
import { useDebounced } from "./useDebounced.ts";

type Props = {
  spec: LaunchSpec;
  template: Template;
  /** False while a field holds what no rule can judge. */
  valid: boolean;
  busy: boolean;
  problem: Problem | null;
  onSpec: (spec: LaunchSpec) => void;
};

/** What the policy says of the form as it stands, the command that it comes to, and the button that starts it. */
export function Judgement({ spec, template, valid, busy, problem, onSpec }: Props) {
  const { t } = useText();
  const settled = useDebounced(spec, 200);
  const query = useQuery(
    useApi().containers.plan.queryOptions({
      input: settled,
      enabled: valid,
      placeholderData: keepPreviousData,
      gcTime: 10_000,
    }),
  );
  const plan = query.data;
  const fresh = settled === spec && !query.isPlaceholderData && !query.isFetching;
  const copy = { label: t("common.copy"), doneLabel: t("common.copied") };
  return (
    <aside className="judgement" aria-label={t("launch.judgement")}>
      <div className="judgement-scroll">
        {plan && <Verdict plan={plan} />}
        {query.error && <ProblemBanner problem={toProblem(query.error)} />}
        {plan && <FindingsList plan={plan} spec={spec} template={template} onSpec={onSpec} />}
        {plan && (
          <section className="stack tight">
            <CodeBlock label={t("launch.command")} text={foldCommand(plan.command)} copy={copy} />
            <Section title={t("launch.createBody")}>
              <CodeBlock label={t("launch.createBody")} text={plan.createBody} copy={copy} />
            </Section>
          </section>
        )}
      </div>
      <footer className="judgement-foot">
        {problem && <ProblemBanner problem={problem} />}
        <div className="row">
          <span className="muted grow">{plan && !plan.allowed ? t("launch.notAllowed") : t("launch.willUndo")}</span>
          <Button
            submit
            look="primary"
            icon={<Play size={14} />}
            busy={busy}
            disabled={!valid || !plan?.allowed || !fresh}
          >
            {t("launch.start")}
          </Button>
        </div>
      </footer>
    </aside>
  );
}

function Verdict({ plan }: { plan: Plan }) {
  const { t } = useText();
  const failing = plan.findings.filter((finding) => finding.status !== "pass").length;
  return (
    <div className="verdict">
      <ScoreGauge denied={!plan.allowed} score={plan.score} label={t("containers.score", { score: plan.score })} />
      <div>
        <h2>{t(plan.allowed ? (failing === 0 ? "launch.hardened" : "launch.allowed") : "launch.denied")}</h2>
        <p className="secondary">{t("hardening.count", { failing, total: plan.findings.length })}</p>
      </div>
    </div>
  );
}

type ListProps = { plan: Plan; spec: LaunchSpec; template: Template; onSpec: (spec: LaunchSpec) => void };

function FindingsList({ plan, spec, template, onSpec }: ListProps) {
  const { t } = useText();
  const [relaxing, setRelaxing] = useState<Finding | null>(null);
  const sorted = sortFindings(plan.findings);
  const open = sorted.filter((finding) => finding.status !== "pass");
  const passed = sorted.filter((finding) => finding.status === "pass");
  const without = (rule: string) => spec.relaxations.filter((relaxation) => relaxation.rule !== rule);

  function actions(finding: Finding) {
    const safe = putBack(spec, template, finding);
    return (
      <div className="row wrap">
        {safe && (
          <Button small onClick={() => onSpec({ ...safe, relaxations: without(finding.rule) })}>
            {t("launch.putBack")}
          </Button>
        )}
        {finding.relaxation && (
          <Button small onClick={() => onSpec({ ...spec, relaxations: without(finding.rule) })}>
            {t("launch.unrelax")}
          </Button>
        )}
        {canRelax(finding) && finding.status !== "relaxed" && (
          <Button small look="danger-quiet" onClick={() => setRelaxing(finding)}>
            {t("launch.relax")}
          </Button>
        )}
      </div>
    );
  }

  return (
    <div className="findings">
      {open.map((finding) => (
        <FindingRow key={finding.rule} finding={finding} actions={actions(finding)} />
      ))}
      <Section title={t("launch.passed", { count: passed.length })} open={open.length === 0 && passed.length < 6}>
        {passed.map((finding) => (
          <FindingRow key={finding.rule} finding={finding} open={false} />
        ))}
      </Section>
      {relaxing && (
        <RelaxDialog
          finding={relaxing}
          environment={spec.environment}
          onClose={() => setRelaxing(null)}
          onRelax={(reason, until) => {
            onSpec({ ...spec, relaxations: [...without(relaxing.rule), { rule: relaxing.rule, reason, until }] });
            setRelaxing(null);
          }}
        />
      )}
    </div>
  );
}
