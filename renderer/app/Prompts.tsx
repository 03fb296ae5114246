import { KeyRound, Nfc } from "lucide-react";
import { useEffect, useState } from "react";
import type { Prompt } from "../../electron/contract/index.ts";
import { useAction } from "../client/actions.ts";
import { useStream } from "../client/hooks.ts";
import type { Client } from "../client/index.ts";
import { ProblemBanner } from "../features/common/ProblemBanner.tsx";
import { Button, Checkbox, Dialog, Facts, TextField, useNow } from "../ui/index.ts";
import { useText } from "./i18n/index.tsx";

type Answer = Parameters<Client["prompts"]["answer"]>[0]["answer"];

/** The questions that the core waits on, one at a time, over everything. Closing one is an answer too. */
export function Prompts() {
  const { value } = useStream("prompts", (client, signal) => client.prompts.watch(undefined, { signal }));
  const prompt = value?.[0];
  if (!prompt) return null;
  return <PromptDialog key={prompt.id} prompt={prompt} waiting={(value?.length ?? 1) - 1} />;
}

function PromptDialog({ prompt, waiting }: { prompt: Prompt; waiting: number }) {
  const { t, fmt } = useText();
  const now = useNow();
  const answer = useAction((client, given: Answer) => client.prompts.answer({ id: prompt.id, answer: given }));
  const [values, setValues] = useState<readonly string[]>(() =>
    prompt.kind === "questions" ? prompt.questions.map(() => "") : [""],
  );
  const [compared, setCompared] = useState(false);
  useEffect(() => () => setValues([]), []);

  const ready =
    prompt.kind === "touch"
      ? false
      : prompt.kind === "host-key"
        ? compared
        : prompt.kind === "questions" || Boolean(values[0]);
  function submit(): void {
    if (!ready) return;
    if (prompt.kind === "host-key") void answer.run({ kind: "accept" });
    else if (prompt.kind === "questions") void answer.run({ kind: "texts", values: [...values] });
    else void answer.run({ kind: "secret", value: values[0] ?? "" });
  }
  const set = (index: number, value: string) => setValues((all) => all.map((old, at) => (at === index ? value : old)));

  return (
    <Dialog
      title={t(`prompt.${prompt.kind}.title`, { host: prompt.hostName })}
      closeLabel={t("common.close")}
      onClose={() => void answer.run({ kind: "dismiss" })}
      onSubmit={submit}
      foot={
        <>
          <span className="muted grow">
            {t("prompt.expires", { left: fmt.countdown(prompt.expiresAt - now) })}
            {waiting > 0 && ` · ${t("prompt.more", { count: waiting })}`}
          </span>
          <Button onClick={() => void answer.run({ kind: "dismiss" })}>
            {t(prompt.kind === "touch" ? "common.cancel" : "prompt.dismiss")}
          </Button>
          {prompt.kind !== "touch" && (
            <Button submit look="primary" disabled={!ready} busy={answer.busy}>
              {t(`prompt.${prompt.kind}.submit`)}
            </Button>
          )}
        </>
      }
    >
      <PromptBody prompt={prompt} values={values} onValue={set} compared={compared} onCompared={setCompared} />
      {answer.problem && <ProblemBanner problem={answer.problem} />}
    </Dialog>
  );
}

type BodyProps = {
  prompt: Prompt;
  values: readonly string[];
  onValue: (index: number, value: string) => void;
  compared: boolean;
  onCompared: (value: boolean) => void;
};

function PromptBody({ prompt, values, onValue, compared, onCompared }: BodyProps) {
  const { t } = useText();
  if (prompt.kind === "host-key") {
    return (
      <>
        <p className="secondary">{t("prompt.host-key.text", { host: prompt.hostName })}</p>
        <div className="fingerprint">
          <pre aria-hidden="true">{prompt.art}</pre>
          <Facts
            rows={[
              [t("prompt.address"), <code key="address">{prompt.address}</code>],
              [t("prompt.keyType"), <code key="type">{prompt.keyType}</code>],
              [
                t("prompt.fingerprint"),
                <code key="print" className="wrap-anywhere">
                  {prompt.fingerprint}
                </code>,
              ],
            ]}
          />
        </div>
        <Checkbox autofocus label={t("prompt.host-key.compared")} checked={compared} onChange={onCompared} />
      </>
    );
  }
  if (prompt.kind === "touch") {
    return (
      <>
        <p className="row">
          <Nfc size={16} aria-hidden="true" />
          <span>{t("prompt.touch.text", { host: prompt.hostName })}</span>
        </p>
        <p className="hint mono wrap-anywhere">{prompt.text}</p>
      </>
    );
  }
  if (prompt.kind === "questions") {
    return (
      <>
        {prompt.title && <strong>{prompt.title}</strong>}
        {prompt.instructions && <p className="secondary">{prompt.instructions}</p>}
        {prompt.questions.map((question, index) => (
          <TextField
            key={question.text}
            data-autofocus={index === 0 || undefined}
            label={question.text}
            type={question.echo ? "text" : "password"}
            value={values[index] ?? ""}
            onChange={(value) => onValue(index, value)}
          />
        ))}
      </>
    );
  }
  const about = prompt.kind === "passphrase" ? prompt.path : prompt.user;
  return (
    <>
      <p className="secondary row">
        <KeyRound size={16} aria-hidden="true" />
        <span className="wrap-anywhere">{t(`prompt.${prompt.kind}.text`, { about, host: prompt.hostName })}</span>
      </p>
      <TextField
        data-autofocus
        type="password"
        label={t(`prompt.${prompt.kind}.label`)}
        complaint={prompt.attempt > 1 ? t("prompt.wrong", { attempt: prompt.attempt }) : null}
        value={values[0] ?? ""}
        onChange={(value) => onValue(0, value)}
      />
    </>
  );
}
