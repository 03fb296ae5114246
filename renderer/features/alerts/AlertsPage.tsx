import { useQuery } from "@tanstack/react-query";
import { BellOff, CheckCheck, EyeOff, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { Alert, Problem, WatchGap } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { inScope, useScope } from "../../app/scope.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Banner, Button, DataTable, Empty, Skeleton, Tabs, useNow } from "../../ui/index.ts";
import { isProduction, ProblemBanner } from "../common/index.ts";
import { PutSecretDialog } from "../secrets/PutSecretDialog.tsx";
import { AlertDrawer } from "./AlertDrawer.tsx";
import { type AlertActs, alertColumns } from "./columns.tsx";
import { RulesTab } from "./RulesTab.tsx";
import { gapText, logOf } from "./words.ts";
import "./alerts.css";

/** What has fired, and the rules that watch; `dialog` names the alert that is shown whole where `tab` is `one`. */
export function AlertsPage({ tab, dialog }: { tab: string | null; dialog: string | null }) {
  const { t } = useText();
  const [, go] = useLocation();
  const query = useQuery(useApi().alerts.list.queryOptions());
  const acknowledge = useAction((client, id?: string) => client.alerts.acknowledge(id === undefined ? {} : { id }));
  const [rotating, setRotating] = useState<Alert["secret"]>(null);
  const rules = tab === "rules";
  const alerts = query.data?.alerts ?? [];
  const firing = alerts.filter(({ state }) => state === "firing").length;
  const over = alerts.filter(({ state, noted }) => state === "over" && !noted).length;
  const wanted = tab === "one" ? dialog : null;
  const one = alerts.find(({ id }) => id === wanted);
  const note = acknowledge.run;
  const acts = useMemo<AlertActs>(
    () => ({
      acknowledge: (id) => void note(id),
      rotate: setRotating,
      details: (id) => go(`/alerts/one/${encodeURIComponent(id)}`),
    }),
    [note, go],
  );
  return (
    <>
      <section className="list">
        <header className="list-head">
          <h1>{t("section.alerts")}</h1>
          {query.data && <span className="muted">{t("alerts.counts", { firing, over })}</span>}
          <div className="row spread">
            {rules ? (
              <Button look="primary" icon={<Plus size={14} />} onClick={() => go("/alerts/rules/add")}>
                {t("rules.add")}
              </Button>
            ) : (
              <Button
                icon={<CheckCheck size={14} />}
                busy={acknowledge.busy}
                disabled={firing + over === 0}
                onClick={() => void note()}
              >
                {t("alerts.acknowledgeAll")}
              </Button>
            )}
          </div>
        </header>
        <div className="alert-tabs">
          <Tabs
            label={t("section.alerts")}
            value={rules ? "rules" : "alerts"}
            tabs={[
              { value: "alerts", label: t("alerts.tab.alerts") },
              { value: "rules", label: t("alerts.tab.rules") },
            ]}
            onChange={(value) => go(value === "rules" ? "/alerts/rules" : "/alerts")}
          />
        </div>
        <Troubles
          problem={acknowledge.problem ?? (query.error && toProblem(query.error))}
          unkept={query.data?.unkept ?? null}
        />
        {query.data && wanted !== null && one === undefined && (
          <div className="banners">
            <Banner title={t("alerts.goneOne")} />
          </div>
        )}
        {!query.data ? (
          query.isPending && <Skeleton label={t("common.loading")} />
        ) : rules ? (
          <RulesTab rules={query.data.rules} dialog={dialog} />
        ) : (
          <>
            <Gaps gaps={query.data.gaps} />
            <AlertsTab alerts={alerts} selected={one?.id ?? null} dropped={query.data.dropped} acts={acts} />
          </>
        )}
      </section>
      {one && <AlertDrawer key={one.id} alert={one} acts={acts} onClose={() => go("/alerts")} />}
      {rotating && (
        <PutSecretDialog
          replace
          name={rotating.name}
          environment={rotating.environment}
          onClose={() => setRotating(null)}
        />
      )}
    </>
  );
}

const bookName = /[/\\]alert-book\.json(\.corrupt-[^/\\]+)?$/;

/** What went wrong with a call, and with keeping alerts on disk. */
function Troubles({ problem, unkept }: { problem: Problem | null; unkept: Problem | null }) {
  const { t } = useText();
  const info = useQuery(useApi().app.info.queryOptions()).data;
  const lost = info?.setAside.find(({ file }) => bookName.test(file));
  if (!problem && !unkept && !lost) return null;
  return (
    <div className="banners">
      {problem && <ProblemBanner problem={problem} />}
      {unkept && <ProblemBanner problem={unkept} tone="warn" title={t("alerts.unkept")} />}
      {lost && (
        <Banner tone="warn" title={t("alerts.lost")}>
          <code>{lost.file}</code> {lost.reason}
        </Banner>
      )}
    </div>
  );
}

/** What is older tells nobody anything any more. */
const gapShownMs = 24 * 3_600_000;

function Gaps({ gaps }: { gaps: readonly WatchGap[] }) {
  const text = useText();
  const now = useNow();
  const shown = gaps.filter(({ to }) => to > now - gapShownMs).slice(0, 2);
  if (shown.length === 0) return null;
  return (
    <ul className="alert-gaps muted">
      {shown.map((gap) => (
        <li key={gap.from}>
          <EyeOff size={13} aria-hidden="true" /> <span>{gapText(text, gap)}</span>
        </li>
      ))}
    </ul>
  );
}

type TabProps = { alerts: readonly Alert[]; selected: string | null; dropped: number; acts: AlertActs };

function AlertsTab({ alerts, selected, dropped, acts }: TabProps) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const { scope } = useScope();
  const shown = alerts.filter((alert) =>
    inScope(scope, {
      environment: alert.environment,
      ...("hostId" in alert.source ? { hostId: alert.source.hostId } : {}),
    }),
  );
  const columns = useMemo(() => alertColumns(text, acts), [text, acts]);
  if (shown.length === 0) {
    return (
      <Empty icon={<BellOff size={26} />} title={t(alerts.length > 0 ? "common.noMatch" : "alerts.none")}>
        {t(alerts.length > 0 ? "common.noMatchHint" : "alerts.noneHint")}
      </Empty>
    );
  }
  return (
    <>
      <DataTable
        label={t("section.alerts")}
        rows={shown}
        columns={columns}
        rowId={(row) => row.id}
        selected={selected}
        production={(row) => isProduction(row.environment)}
        faint={(row) => row.state === "over" && row.noted}
        onOpen={(row) => go(logOf(row))}
      />
      {dropped > 0 && <p className="muted alert-dropped">{t("alerts.dropped", { count: dropped })}</p>}
    </>
  );
}
