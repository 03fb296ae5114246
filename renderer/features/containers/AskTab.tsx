import { SendHorizontal } from "lucide-react";
import { useState } from "react";
import type { ContainerDetailView, TensorView } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Bar, Button, Empty, Field } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import { ToNotebook } from "../notebooks/ToNotebook.tsx";
import { exampleInputs, parseTensors } from "./tensors.ts";

/** A question to the model inside, through the tunnel. */
export function AskTab({ detail }: { detail: ContainerDetailView }) {
  const { t } = useText();
  if (detail.kind === "none") return <Empty title={t("ask.none")}>{t("ask.noneHint")}</Empty>;
  if (detail.kind === "notebook" && detail.state === "running") {
    return (
      <Empty title={t("ask.notebook")} actions={<ToNotebook hostId={detail.hostId} containerId={detail.id} />}>
        {t("ask.notebookHint")}
      </Empty>
    );
  }
  if (detail.state !== "running") return <Empty title={t("ask.stopped")}>{t("ask.stoppedHint")}</Empty>;
  return detail.kind === "chat" ? <Chat detail={detail} /> : <Infer detail={detail} />;
}

type Turn = { id: number; question: string; answer: string; latencyMs: number; model: string; tokens: number | null };

function Chat({ detail }: { detail: ContainerDetailView }) {
  const { t, fmt } = useText();
  const [draft, setDraft] = useState("");
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const ask = useAction((client, question: string) =>
    client.inference.chat({
      hostId: detail.hostId,
      containerId: detail.id,
      maxTokens: 256,
      messages: [
        ...turns.flatMap((turn) => [
          { role: "user" as const, content: turn.question },
          { role: "assistant" as const, content: turn.answer },
        ]),
        { role: "user" as const, content: question },
      ],
    }),
  );
  async function send(): Promise<void> {
    const question = draft.trim();
    if (!question || ask.busy) return;
    const said = await ask.run(question);
    if (!said) return;
    setDraft("");
    const { answer, latencyMs, model, completionTokens: tokens } = said;
    setTurns((all) => [...all, { id: all.length, question, answer, latencyMs, model, tokens }]);
  }
  return (
    <div className="stack chat">
      {turns.map((turn) => (
        <article key={turn.id} className="turn">
          <p className="asked">{turn.question}</p>
          <p className="answered">{turn.answer}</p>
          <footer className="muted">
            {turn.model} · {t("ask.latency", { latency: fmt.duration(turn.latencyMs) })}
            {turn.tokens !== null && ` · ${t("ask.tokens", { count: turn.tokens })}`}
          </footer>
        </article>
      ))}
      {ask.problem && <ProblemBanner problem={ask.problem} />}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Field label={t("ask.message")}>
          {(ids) => (
            <textarea
              {...ids}
              className="textarea"
              rows={3}
              placeholder={t("ask.placeholder")}
              value={draft}
              onChange={(event) => setDraft(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || event.shiftKey) return;
                event.preventDefault();
                void send();
              }}
            />
          )}
        </Field>
        <div className="row">
          <Button submit look="primary" icon={<SendHorizontal size={14} />} busy={ask.busy} disabled={!draft.trim()}>
            {t("ask.send")}
          </Button>
          <span className="muted">{t("ask.tunnel")}</span>
        </div>
      </form>
    </div>
  );
}

function Infer({ detail }: { detail: ContainerDetailView }) {
  const { t, fmt } = useText();
  const [draft, setDraft] = useState(exampleInputs);
  const [complaint, setComplaint] = useState<string | null>(null);
  const [result, setResult] = useState<{
    outputs: Record<string, TensorView>;
    latencyMs: number;
    serverMs: number | null;
  } | null>(null);
  const ask = useAction((client, inputs: Record<string, TensorView>) =>
    client.inference.infer({ hostId: detail.hostId, containerId: detail.id, inputs }),
  );
  async function send(): Promise<void> {
    const parsed = parseTensors(draft);
    setComplaint(parsed.ok ? null : t(`ask.bad.${parsed.reason}`, { name: parsed.name }));
    if (!parsed.ok) return;
    setResult((await ask.run(parsed.inputs)) ?? null);
  }
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Field label={t("ask.inputs")} hint={t("ask.inputsHint")} complaint={complaint}>
        {(ids) => (
          <textarea
            {...ids}
            className="textarea mono"
            rows={9}
            spellCheck={false}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
        )}
      </Field>
      <div className="row">
        <Button submit look="primary" icon={<SendHorizontal size={14} />} busy={ask.busy}>
          {t("ask.send")}
        </Button>
        <span className="muted">{t("ask.tunnel")}</span>
      </div>
      {ask.problem && <ProblemBanner problem={ask.problem} />}
      {result && (
        <section className="stack" aria-label={t("ask.outputs")}>
          <h3>
            {t("ask.outputs")} · {t("ask.latency", { latency: fmt.duration(result.latencyMs) })}
            {result.serverMs !== null && ` · ${t("ask.serverTime", { time: fmt.duration(result.serverMs) })}`}
          </h3>
          {Object.entries(result.outputs).map(([name, tensor]) => (
            <Output key={name} name={name} tensor={tensor} />
          ))}
        </section>
      )}
    </form>
  );
}

const shownValues = 20;

/** Values as numbers; as bars too, where they are shares of one. */
function Output({ name, tensor }: { name: string; tensor: TensorView }) {
  const { t, fmt } = useText();
  const shares = tensor.data.length <= shownValues && tensor.data.every((value) => value >= 0 && value <= 1);
  return (
    <div className="panel">
      <div className="row">
        <strong className="mono">{name}</strong>
        <span className="muted mono">
          {tensor.type} [{tensor.dims.join(", ")}]
        </span>
      </div>
      <div className="tensor">
        {tensor.data.slice(0, shownValues).map((value, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a tensor's values have no other name than their place
          <div key={index} className="row">
            <span className="muted mono">{index}</span>
            {shares && <Bar wide value={value * 100} />}
            <span className="mono">{fmt.number(value, 6)}</span>
          </div>
        ))}
        {tensor.data.length > shownValues && (
          <span className="muted">{t("ask.more", { count: tensor.data.length - shownValues })}</span>
        )}
      </div>
    </div>
  );
}
