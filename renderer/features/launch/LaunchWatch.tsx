import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, Box, MessageSquare, RotateCcw, ScrollText, X } from "lucide-react";
import { useLocation } from "wouter";
import type { LaunchView } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi, useStream } from "../../client/hooks.ts";
import { Banner, Button, Empty, IconButton, Skeleton, State, useNow } from "../../ui/index.ts";
import { launchTone, ProblemBanner, ProofView, SimulatedChip, Since } from "../common/index.ts";
import { ToNotebook } from "../notebooks/ToNotebook.tsx";
import { draftKey } from "./draft.ts";

/** A launch, step by step; it goes on when nobody watches, and can be opened again from the status bar. */
export function LaunchWatch({ launchId }: { launchId: string }) {
  const { t } = useText();
  const [, go] = useLocation();
  const listed = useQuery(useApi().launches.list.queryOptions()).data?.find((launch) => launch.id === launchId);
  const stream = useStream(launchId, (client, signal) => client.launches.watch({ launchId }, { signal }));
  const launch = stream.value ?? listed;
  return (
    <section className="launch" aria-label={t("launch.title")}>
      <header className="list-head">
        <h1 className="truncate">
          {launch ? t("launch.watching", { name: launch.name, host: launch.hostName }) : t("launch.title")}
        </h1>
        {launch?.simulated && <SimulatedChip />}
        <IconButton className="spread" label={t("common.close")} onClick={() => go("/containers")}>
          <X size={16} />
        </IconButton>
      </header>
      <div className="page-body">
        {!launch && stream.problem && (
          <Empty
            title={t("launch.unknown")}
            actions={<Button onClick={() => go("/launch")}>{t("launch.action")}</Button>}
          />
        )}
        {!launch && !stream.problem && <Skeleton label={t("common.loading")} />}
        {launch && <LaunchBody launch={launch} />}
      </div>
    </section>
  );
}

/** From the first step's beginning to the last one's end, in milliseconds. */
function tookMs(launch: LaunchView): number {
  const ends = launch.steps.map((step) => (step.startedAt ?? 0) + (step.durationMs ?? 0));
  return Math.max(1, Math.max(...ends) - launch.startedAt);
}

function LaunchBody({ launch }: { launch: LaunchView }) {
  const { t, fmt, said } = useText();
  const [, go] = useLocation();
  const rows = useQuery(useApi().containers.list.queryOptions({ input: {} })).data?.rows;
  const kind = rows?.find((row) => row.id === launch.containerId)?.kind ?? "none";
  const cancel = useAction((client) => client.launches.cancel({ launchId: launch.id }));
  const container = launch.containerId && `${encodeURIComponent(launch.hostId)}/${launch.containerId}`;
  return (
    <div className="stack loose watch">
      <div className="row">
        <State
          tone={launchTone(launch.state)}
          busy={launch.state === "running"}
          word={t(`launch.state.${launch.state}`)}
          since={<Since at={launch.startedAt} ago />}
        />
        {launch.state === "done" && (
          <span className="secondary truncate">
            {t("launch.doneText", { name: launch.name, host: launch.hostName, time: fmt.duration(tookMs(launch)) })}
          </span>
        )}
        <div className="row spread">
          {launch.state === "running" && (
            <Button icon={<Ban size={14} />} busy={cancel.busy} onClick={() => void cancel.run()}>
              {t("launch.cancel")}
            </Button>
          )}
          {launch.state === "done" && container && (
            <>
              {kind === "notebook" && launch.containerId && (
                <ToNotebook hostId={launch.hostId} containerId={launch.containerId} />
              )}
              <Button
                look={kind === "notebook" ? "normal" : "primary"}
                icon={<Box size={14} />}
                onClick={() => go(`/containers/${container}`)}
              >
                {t("launch.openContainer")}
              </Button>
              {(kind === "chat" || kind === "infer") && (
                <Button icon={<MessageSquare size={14} />} onClick={() => go(`/containers/${container}/ask`)}>
                  {t("launch.ask")}
                </Button>
              )}
              <Button icon={<ScrollText size={14} />} onClick={() => go(`/logs/${container}`)}>
                {t("launch.openLog")}
              </Button>
            </>
          )}
          {(launch.state === "failed" || launch.state === "cancelled") && <Retry launch={launch} />}
        </div>
      </div>
      {cancel.problem && <ProblemBanner problem={cancel.problem} />}
      {launch.problem && (
        <ProblemBanner problem={launch.problem} tone={launch.state === "cancelled" ? "warn" : "danger"} />
      )}
      {(launch.state === "failed" || launch.state === "cancelled") && <LeftBehind launch={launch} />}
      {launch.warnings.map((warning) => (
        <Banner key={warning} tone="warn">
          {said("warning", warning)}
        </Banner>
      ))}
      <div className={launch.proof ? "watch-parts" : undefined}>
        <ol className="steps" aria-label={t("launch.steps")}>
          {launch.steps.map((step) => (
            <Step key={step.id} step={step} over={launch.state !== "running"} />
          ))}
        </ol>
        {launch.proof && (
          <section className="stack">
            <h3>{t("proof.title")}</h3>
            <ProofView proof={launch.proof} />
          </section>
        )}
      </div>
    </div>
  );
}

/** Back to the form: with all that was typed, if that is still known. */
function Retry({ launch }: { launch: LaunchView }) {
  const { t } = useText();
  const [, go] = useLocation();
  const known = useQueryClient().getQueryData(draftKey(launch.id)) !== undefined;
  const path = known ? `/launch/again/${launch.id}` : `/launch/on/${encodeURIComponent(launch.hostId)}`;
  return (
    <Button look="primary" icon={<RotateCcw size={14} />} onClick={() => go(path)}>
      {t(known ? "launch.change" : "launch.again")}
    </Button>
  );
}

function LeftBehind({ launch }: { launch: LaunchView }) {
  const { t } = useText();
  if (launch.leftBehind.length === 0) return <Banner tone="ok">{t("launch.allUndone")}</Banner>;
  return (
    <Banner tone="danger" title={t("launch.leftBehind")}>
      <ul>
        {launch.leftBehind.map((what) => (
          <li key={what} className="mono">
            {what}
          </li>
        ))}
      </ul>
    </Banner>
  );
}

function Step({ step, over }: { step: LaunchView["steps"][number]; over: boolean }) {
  const { t, fmt, said } = useText();
  const now = useNow();
  const runs = step.state === "running" && step.startedAt !== null;
  const time = step.durationMs ?? (runs && step.startedAt !== null ? Math.max(0, now - step.startedAt) : null);
  return (
    <li className={`step ${step.state}`}>
      <span className="step-mark" aria-hidden="true" />
      <span className="step-name">{t(`step.${step.id}`)}</span>
      <span className="step-note truncate" title={said("note", step.note)}>
        {said("note", step.note)}
      </span>
      <span className="step-state muted">
        {t(over && step.state === "waiting" ? "step.state.notRun" : `step.state.${step.state}`)}
      </span>
      <span className="step-time mono">{time ? fmt.duration(time) : ""}</span>
    </li>
  );
}
