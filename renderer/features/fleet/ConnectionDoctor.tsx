import { Stethoscope } from "lucide-react";
import { useEffect, useState } from "react";
import type { DiagnosisStep, HostDetail, Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useClient } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Button, CodeBlock, Dialog, State, type Tone } from "../../ui/index.ts";
import { ProblemBanner, Since } from "../common/index.ts";

/** Opens the doctor: in the actions of a host, and beside a connection that failed. */
export function DoctorButton({ host }: { host: HostDetail }) {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button icon={<Stethoscope size={14} />} onClick={() => setOpen(true)}>
        {t(host.link.reason ? "doctor.findOut" : "doctor.open")}
      </Button>
      {open && <ConnectionDoctor host={host} onClose={() => setOpen(false)} />}
    </>
  );
}

const tones: Record<DiagnosisStep["state"], Tone> = { running: "accent", ok: "ok", warn: "warn", failed: "danger" };

/** The way to a host, a step at a time, each with its time, its evidence and a fix. */
function ConnectionDoctor({ host, onClose }: { host: HostDetail; onClose: () => void }) {
  const { t } = useText();
  const [run, setRun] = useState(0);
  const { steps, problem, over } = useDiagnosis(host.id, run);
  const hindered = steps.some(({ state }) => state === "failed" || state === "warn");
  return (
    <Dialog
      title={t("doctor.title", { name: host.name })}
      closeLabel={t("common.close")}
      onClose={onClose}
      foot={
        <>
          <Button busy={!over} onClick={() => setRun(run + 1)}>
            {t("doctor.again")}
          </Button>
          <Button look="primary" onClick={onClose}>
            {t("common.close")}
          </Button>
        </>
      }
    >
      <ol className="stack plain" aria-live="polite">
        {steps.map((step) => (
          <li key={step.id} className="stack tight">
            <Step step={step} />
          </li>
        ))}
      </ol>
      {problem && <ProblemBanner problem={problem} />}
      {over && !hindered && !problem && <p className="hint">{t("doctor.fine")}</p>}
    </Dialog>
  );
}

function Step({ step }: { step: DiagnosisStep }) {
  const { t, fmt, maybe } = useText();
  const [begun] = useState(Date.now);
  return (
    <>
      <div className="row">
        <State
          tone={tones[step.state]}
          busy={step.state === "running"}
          word={t(`doctor.step.${step.kind}`)}
          since={step.ms === null ? <Since at={begun} /> : t("doctor.ms", { ms: fmt.number(step.ms) })}
        />
        <span className="muted mono truncate">{step.where}</span>
      </div>
      {step.evidence.map(({ what, text, reason }) => (
        <p key={`${what} ${text}`} className="hint wrap-anywhere">
          {t(`doctor.evidence.${what}`)}{" "}
          {what === "resolvedBy" ? (maybe(`config.resolvedBy.${text}`) ?? text) : <code>{text}</code>}
          {reason !== "" && ` ${t(`doctor.skip.${reason}`)}`}
        </p>
      ))}
      {step.problem && <ProblemBanner problem={step.problem} tone={tones[step.state]} />}
      {step.fix && (
        <CodeBlock
          text={step.fix}
          label={t("doctor.fix")}
          copy={{ label: t("common.copy"), doneLabel: t("common.copied") }}
        />
      )}
    </>
  );
}

type Diagnosis = { steps: DiagnosisStep[]; problem: Problem | null; over: boolean };

/** One run of the doctor; `run` counts them, and another number is another run. */
function useDiagnosis(hostId: string, run: number): Diagnosis {
  const client = useClient();
  const [state, setState] = useState<Diagnosis & { run: number }>({ steps: [], problem: null, over: false, run });
  useEffect(() => {
    const stop = new AbortController();
    setState({ steps: [], problem: null, over: false, run });
    const follow = async () => {
      for await (const step of await client.hosts.diagnose({ hostId }, { signal: stop.signal })) {
        setState((before) => ({
          ...before,
          steps: [...before.steps.filter((one) => one.id !== step.id), step].sort((a, b) => a.id - b.id),
        }));
      }
    };
    follow().then(
      () => setState((before) => ({ ...before, over: true })),
      (error: unknown) => {
        if (!stop.signal.aborted) setState((before) => ({ ...before, over: true, problem: toProblem(error) }));
      },
    );
    return () => stop.abort();
  }, [client, hostId, run]);
  return state;
}
