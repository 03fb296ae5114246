import { Play, RotateCw, Square, X } from "lucide-react";
import { useState } from "react";
import type { ContainerRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useClient } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Banner, Button, Dialog, IconButton, useToast } from "../../ui/index.ts";
import { isProduction } from "../common/index.ts";
import { type BulkFailure, fitFor, forEach, type Verb } from "./bulk.ts";

const verbs: readonly Verb[] = ["start", "stop", "restart"];
const icons = { start: <Play size={13} />, stop: <Square size={13} />, restart: <RotateCw size={13} /> };

/** What can be done to all rows that are ticked. In production it asks, with the names. */
export function BulkBar({ rows, onClear }: { rows: readonly ContainerRow[]; onClear: () => void }) {
  const { t, problem } = useText();
  const client = useClient();
  const toast = useToast();
  const [busy, setBusy] = useState<Verb | null>(null);
  const [asking, setAsking] = useState<Verb | null>(null);
  const [failures, setFailures] = useState<readonly BulkFailure[]>([]);

  async function perform(verb: Verb): Promise<void> {
    const wanted = fitFor(verb, rows);
    setAsking(null);
    setBusy(verb);
    const failed = await forEach(
      wanted,
      (row) => client.containers[verb]({ hostId: row.hostId, containerId: row.id }),
      (row, error) => ({ row, problem: toProblem(error) }),
    );
    setBusy(null);
    setFailures(failed);
    const done = wanted.length - failed.length;
    if (done > 0) toast({ tone: "ok", text: t(`bulk.done.${verb}`, { count: done }) });
    if (failed.length === 0) onClear();
  }

  return (
    <section className="bulk" aria-label={t("bulk.title")}>
      <div className="row wrap">
        <strong>{t("bulk.count", { count: rows.length })}</strong>
        {verbs.map((verb) => {
          const fit = fitFor(verb, rows);
          const asks = verb !== "start" && fit.some((row) => isProduction(row.environment));
          return (
            <Button
              key={verb}
              small
              icon={icons[verb]}
              busy={busy === verb}
              disabled={busy !== null || fit.length === 0}
              onClick={() => (asks ? setAsking(verb) : void perform(verb))}
            >
              {t(`bulk.${verb}`, { count: fit.length })}
            </Button>
          );
        })}
        <IconButton small className="spread" label={t("bulk.clear")} onClick={onClear}>
          <X size={14} />
        </IconButton>
      </div>
      {failures.length > 0 && (
        <Banner tone="danger" title={t("bulk.failed", { count: failures.length })}>
          <ul>
            {failures.map(({ row, problem: reason }) => (
              <li key={`${row.hostId}/${row.id}`}>
                {row.name} ({row.hostName}): {problem(reason).what} <span className="code mono">{reason.code}</span>
              </li>
            ))}
          </ul>
        </Banner>
      )}
      {asking && <Ask verb={asking} rows={rows} onClose={() => setAsking(null)} onYes={() => void perform(asking)} />}
    </section>
  );
}

type AskProps = { verb: Verb; rows: readonly ContainerRow[]; onClose: () => void; onYes: () => void };

function Ask({ verb, rows, onClose, onYes }: AskProps) {
  const { t, fmt } = useText();
  const fit = fitFor(verb, rows);
  const names = fit.filter((row) => isProduction(row.environment)).map((row) => row.name);
  return (
    <Dialog
      production
      size="narrow"
      title={t(`bulk.${verb}`, { count: fit.length })}
      closeLabel={t("common.close")}
      onClose={onClose}
      onSubmit={onYes}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button submit look="primary">
            {t(`bulk.${verb}`, { count: fit.length })}
          </Button>
        </>
      }
    >
      <p className="secondary">{t("bulk.production", { names: fmt.list(names) })}</p>
    </Dialog>
  );
}
