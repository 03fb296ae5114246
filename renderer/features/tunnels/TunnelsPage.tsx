import { useQuery } from "@tanstack/react-query";
import { Cable, Plus, RefreshCw } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useText } from "../../app/i18n/index.tsx";
import { inScope, useScope } from "../../app/scope.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { Button, DataTable, Empty, matcher, SearchBox, Skeleton, useToast } from "../../ui/index.ts";
import { isProduction, ProblemBanner } from "../common/index.ts";
import { tunnelColumns } from "./columns.tsx";
import { listenAddress, targetText } from "./lights.tsx";
import { TunnelDialog } from "./TunnelDialog.tsx";
import { TunnelDrawer } from "./TunnelDrawer.tsx";
import "./tunnels.css";
import { useTunnelFeed } from "./useTunnelFeed.ts";

export function TunnelsPage({ tunnelId, dialog }: { tunnelId: string | null; dialog: string | null }) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const { scope } = useScope();
  const toast = useToast();
  const [filter, setFilter] = useState("");
  const { rows, problem, historyOf } = useTunnelFeed();
  const restart = useAction((client) => client.tunnels.restartAll());
  const shown = useMemo(() => {
    const fits = matcher(filter);
    return (rows ?? []).filter(
      (row) =>
        inScope(scope, { environment: row.host?.environment ?? "", hostId: row.tunnel.hostId }) &&
        fits(row.tunnel.name, row.host?.name, listenAddress(row), targetText(t, row), t(`light.${row.state.light}`)),
    );
  }, [rows, filter, scope, t]);
  const columns = tunnelColumns(text, historyOf);
  const open = rows?.find((row) => row.id === tunnelId);

  return (
    <>
      <section className="list">
        <header className="list-head">
          <h1>{t("section.tunnels")}</h1>
          {rows && <span className="muted">{t("common.count", { shown: shown.length, total: rows.length })}</span>}
          <div className="row spread">
            <Button
              icon={<RefreshCw size={14} />}
              busy={restart.busy}
              title={t("tunnels.restartAll")}
              disabled={!rows?.some((row) => row.state.light !== "stopped")}
              onClick={() =>
                void restart
                  .run()
                  .then((done) => done && toast({ tone: "ok", text: t("tunnels.restarted", { count: done.count }) }))
              }
            >
              {t("tunnels.restartAllShort")}
            </Button>
            <SearchBox label={t("tunnels.filter")} value={filter} onChange={setFilter} />
            <Button look="primary" icon={<Plus size={14} />} onClick={() => go("/tunnels/-/add")}>
              {t("tunnels.add")}
            </Button>
          </div>
        </header>
        {(problem ?? restart.problem) && (
          <div className="banners">
            <ProblemBanner problem={problem ?? restart.problem ?? { code: "INTERNAL", details: {} }} />
          </div>
        )}
        {!rows ? (
          !problem && <Skeleton label={t("common.loading")} />
        ) : shown.length > 0 ? (
          <DataTable
            label={t("section.tunnels")}
            rows={shown}
            columns={columns}
            rowId={(row) => row.id}
            selected={tunnelId}
            production={(row) => isProduction(row.host?.environment)}
            onOpen={(row) => go(`/tunnels/${encodeURIComponent(row.id)}`)}
          />
        ) : (
          <NoTunnels filtered={rows.length > 0} onAdd={() => go("/tunnels/-/add")} onHost={() => go("/fleet")} />
        )}
      </section>
      {open && <TunnelDrawer key={open.id} row={open} history={historyOf(open.id)} onClose={() => go("/tunnels")} />}
      {dialog === "add" && <TunnelDialog onClose={() => go("/tunnels")} />}
    </>
  );
}

/** Why the list is empty: nothing fits, there is nothing yet, or there is no host to go to. */
function NoTunnels({ filtered, onAdd, onHost }: { filtered: boolean; onAdd: () => void; onHost: () => void }) {
  const { t } = useText();
  const hosts = useQuery(useApi().hosts.list.queryOptions()).data ?? [];
  if (filtered) return <Empty title={t("common.noMatch")}>{t("common.noMatchHint")}</Empty>;
  return (
    <Empty
      icon={<Cable size={26} />}
      title={t("tunnels.none")}
      actions={
        hosts.length === 0 ? (
          <Button onClick={onHost}>{t("section.fleet")}</Button>
        ) : (
          <Button look="primary" icon={<Plus size={14} />} onClick={onAdd}>
            {t("tunnels.add")}
          </Button>
        )
      }
    >
      {t("tunnels.noneHint")} {hosts.length === 0 && t("tunnels.noHost")}
    </Empty>
  );
}
