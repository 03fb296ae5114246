import { useQuery } from "@tanstack/react-query";
import { BellOff, CheckCheck, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { Alert } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { inScope, useScope } from "../../app/scope.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Button, DataTable, Empty, Skeleton, Tabs } from "../../ui/index.ts";
import { isProduction, ProblemBanner } from "../common/index.ts";
import { PutSecretDialog } from "../secrets/PutSecretDialog.tsx";
import { alertColumns, logOf } from "./columns.tsx";
import { RulesTab } from "./RulesTab.tsx";
import "./alerts.css";

/** What has fired, and the rules that watch. */
export function AlertsPage({ tab, dialog }: { tab: string | null; dialog: string | null }) {
  const { t } = useText();
  const [, go] = useLocation();
  const query = useQuery(useApi().alerts.list.queryOptions());
  const acknowledge = useAction((client) => client.alerts.acknowledge({}));
  const rules = tab === "rules";
  const firing = query.data?.alerts.filter(({ state }) => state === "firing").length ?? 0;
  return (
    <section className="list">
      <header className="list-head">
        <h1>{t("section.alerts")}</h1>
        {query.data && <span className="muted">{t("alerts.count", { firing })}</span>}
        <div className="row spread">
          {rules ? (
            <Button look="primary" icon={<Plus size={14} />} onClick={() => go("/alerts/rules/add")}>
              {t("rules.add")}
            </Button>
          ) : (
            <Button
              icon={<CheckCheck size={14} />}
              busy={acknowledge.busy}
              disabled={firing === 0}
              onClick={() => void acknowledge.run()}
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
      {(query.error ?? acknowledge.problem) && (
        <div className="banners">
          <ProblemBanner problem={acknowledge.problem ?? toProblem(query.error)} />
        </div>
      )}
      {!query.data ? (
        query.isPending && <Skeleton label={t("common.loading")} />
      ) : rules ? (
        <RulesTab rules={query.data.rules} dialog={dialog} />
      ) : (
        <AlertsTab alerts={query.data.alerts} dropped={query.data.dropped} />
      )}
    </section>
  );
}

function AlertsTab({ alerts, dropped }: { alerts: Alert[]; dropped: number }) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const { scope } = useScope();
  const [rotating, setRotating] = useState<Alert["secret"]>(null);
  const acknowledge = useAction((client, id: string) => client.alerts.acknowledge({ id }));
  const shown = alerts.filter((alert) =>
    inScope(scope, {
      environment: alert.environment,
      ...("hostId" in alert.source ? { hostId: alert.source.hostId } : {}),
    }),
  );
  const noted = acknowledge.run;
  const columns = useMemo(
    () => alertColumns(text, { acknowledge: (id) => void noted(id), rotate: setRotating }),
    [text, noted],
  );
  if (shown.length === 0) {
    return (
      <Empty icon={<BellOff size={26} />} title={t(alerts.length > 0 ? "common.noMatch" : "alerts.none")}>
        {t(alerts.length > 0 ? "common.noMatchHint" : "alerts.noneHint")}
      </Empty>
    );
  }
  return (
    <>
      {acknowledge.problem && (
        <div className="banners">
          <ProblemBanner problem={acknowledge.problem} />
        </div>
      )}
      <DataTable
        label={t("section.alerts")}
        rows={shown}
        columns={columns}
        rowId={(row) => row.id}
        production={(row) => isProduction(row.environment)}
        onOpen={(row) => go(logOf(row))}
      />
      {dropped > 0 && <p className="muted alert-dropped">{t("alerts.dropped", { count: dropped })}</p>}
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
