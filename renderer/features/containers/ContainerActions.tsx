import { Play, RotateCw, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import type { ContainerDetailView } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { type Action, useAction } from "../../client/actions.ts";
import { Button, Dialog, useToast } from "../../ui/index.ts";
import { ConfirmByName, EnvChip, isProduction, ProblemBanner } from "../common/index.ts";

type Verb = "start" | "stop" | "restart";

/** Start, stop, restart, remove. In production, stopping asks too. */
export function ContainerActions({ detail, onGone }: { detail: ContainerDetailView; onGone: () => void }) {
  const { t } = useText();
  const toast = useToast();
  const [dialog, setDialog] = useState<"stop" | "restart" | "remove" | null>(null);
  const input = { hostId: detail.hostId, containerId: detail.id };
  const actions: Record<Verb, Action<[], object>> = {
    start: useAction((client) => client.containers.start(input)),
    stop: useAction((client) => client.containers.stop(input)),
    restart: useAction((client) => client.containers.restart(input)),
  };
  const remove = useAction((client) => client.containers.remove({ ...input, confirm: detail.name }));
  const running = detail.state === "running" || detail.state === "restarting" || detail.state === "paused";
  const busy = actions.start.busy || actions.stop.busy || actions.restart.busy || remove.busy;
  const problem = actions.start.problem ?? actions.stop.problem ?? actions.restart.problem;

  async function perform(verb: Verb): Promise<void> {
    setDialog(null);
    for (const action of Object.values(actions)) action.forget();
    const done = await actions[verb].run();
    if (done) toast({ tone: "ok", text: t(`container.done.${verb}`, { name: detail.name }) });
  }
  const ask = (verb: "stop" | "restart") => (isProduction(detail.environment) ? setDialog(verb) : void perform(verb));

  return (
    <>
      {running ? (
        <>
          <Button icon={<Square size={13} />} busy={actions.stop.busy} disabled={busy} onClick={() => ask("stop")}>
            {t("container.stop")}
          </Button>
          <Button
            icon={<RotateCw size={13} />}
            busy={actions.restart.busy}
            disabled={busy}
            onClick={() => ask("restart")}
          >
            {t("container.restart")}
          </Button>
        </>
      ) : (
        <Button
          icon={<Play size={13} />}
          busy={actions.start.busy}
          disabled={busy}
          onClick={() => void perform("start")}
        >
          {t("container.start")}
        </Button>
      )}
      <Button look="danger-quiet" icon={<Trash2 size={13} />} disabled={busy} onClick={() => setDialog("remove")}>
        {t("common.remove")}
      </Button>
      {problem && <ProblemBanner problem={problem} />}
      {dialog === "remove" && (
        <ConfirmByName
          title={t("container.removeTitle")}
          name={detail.name}
          environment={detail.environment}
          action={t("common.remove")}
          busy={remove.busy}
          problem={remove.problem}
          onClose={() => setDialog(null)}
          onConfirm={() =>
            void remove.run().then((done) => {
              if (!done) return;
              toast({ tone: "ok", text: t("container.done.remove", { name: detail.name }) });
              onGone();
            })
          }
        >
          {t("container.removeText", { name: detail.name, host: detail.hostName })}
        </ConfirmByName>
      )}
      {(dialog === "stop" || dialog === "restart") && (
        <Dialog
          title={t(`container.${dialog}Title`, { name: detail.name })}
          size="narrow"
          production
          mark={<EnvChip environment={detail.environment} />}
          closeLabel={t("common.close")}
          onClose={() => setDialog(null)}
          onSubmit={() => void perform(dialog)}
          foot={
            <>
              <Button onClick={() => setDialog(null)}>{t("common.cancel")}</Button>
              <Button submit look="primary">
                {t(`container.${dialog}`)}
              </Button>
            </>
          }
        >
          <p className="secondary">{t("container.stopText", { name: detail.name, host: detail.hostName })}</p>
        </Dialog>
      )}
    </>
  );
}
