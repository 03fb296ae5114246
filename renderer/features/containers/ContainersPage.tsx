import { useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { ContainerRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { inScope, useScope } from "../../app/scope.tsx";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Button, DataTable, Empty, matcher, SearchBox, Skeleton, State } from "../../ui/index.ts";
import { isProduction, ProblemBanner } from "../common/index.ts";
import { BulkBar } from "./BulkBar.tsx";
import { ContainerDrawer, tabOf } from "./ContainerDrawer.tsx";
import { containerColumns } from "./columns.tsx";
import { HostProblems } from "./HostProblems.tsx";
import "./containers.css";

type Props = { hostId: string | null; containerId: string | null; tab: string | null };

export function ContainersPage({ hostId, containerId, tab }: Props) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const { scope } = useScope();
  const [filter, setFilter] = useState("");
  const [running, setRunning] = useState(false);
  const query = useQuery(useApi().containers.list.queryOptions({ input: {} }));
  const rows = query.data?.rows;
  const shown = useMemo(() => {
    const fits = matcher(filter);
    return (rows ?? []).filter(
      (row) =>
        inScope(scope, row) &&
        (!running || row.state === "running") &&
        fits(
          row.name,
          row.hostName,
          row.image,
          row.environment,
          row.id,
          ...row.secrets.map((secret) => secret.ref.name),
        ),
    );
  }, [rows, filter, scope, running]);
  const columns = useMemo(() => containerColumns(text), [text]);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  // What is hidden by the filter is not acted on.
  const picked = shown.filter((row) => ticked.has(rowId(row)));
  const path = (row: ContainerRow) => `/containers/${encodeURIComponent(row.hostId)}/${row.id}`;

  return (
    <>
      <section className="list">
        <header className="list-head">
          <h1>{t("section.containers")}</h1>
          {rows && <span className="muted">{t("common.count", { shown: shown.length, total: rows.length })}</span>}
          {query.data && <Connecting told={query.data.problems.map((one) => one.hostId)} />}
          <div className="row spread">
            <button
              type="button"
              className={running ? "btn on" : "btn"}
              aria-pressed={running}
              onClick={() => setRunning(!running)}
            >
              {t("containers.onlyRunning")}
            </button>
            <SearchBox label={t("containers.filter")} value={filter} onChange={setFilter} />
            <Button look="primary" icon={<Rocket size={14} />} onClick={() => go("/launch")}>
              {t("launch.action")}
            </Button>
          </div>
        </header>
        {picked.length > 0 && <BulkBar rows={picked} onClear={() => setTicked(new Set())} />}
        {query.data && query.data.problems.length > 0 && (
          <div className="banners">
            <HostProblems problems={query.data.problems} />
          </div>
        )}
        {query.error && !rows ? (
          <div className="page-body">
            <ProblemBanner problem={toProblem(query.error)} />
          </div>
        ) : !rows ? (
          <Skeleton label={t("common.loading")} />
        ) : shown.length === 0 ? (
          <Nothing
            filtered={rows.length > 0}
            failed={query.data?.problems.length ?? 0}
            onLaunch={() => go("/launch")}
          />
        ) : (
          <DataTable
            label={t("section.containers")}
            rows={shown}
            columns={columns}
            rowId={rowId}
            picks={{
              ids: ticked,
              all: t("bulk.all"),
              label: (row) => t("bulk.one", { name: row.name }),
              onChange: setTicked,
            }}
            selected={hostId && containerId ? `${hostId}/${containerId}` : null}
            production={(row) => isProduction(row.environment)}
            onOpen={(row) => go(path(row))}
          />
        )}
      </section>
      {hostId && containerId && (
        <ContainerDrawer
          key={`${hostId}/${containerId}`}
          hostId={hostId}
          containerId={containerId}
          tab={tabOf(tab)}
          onTab={(next) => go(`/containers/${encodeURIComponent(hostId)}/${containerId}/${next}`, { replace: true })}
          onClose={() => go("/containers")}
        />
      )}
    </>
  );
}

/** Hosts that will be in the list in a moment; `told` are those whose trouble the page shows already. */
function Connecting({ told }: { told: readonly string[] }) {
  const { t, fmt } = useText();
  const { scope } = useScope();
  const hosts = useQuery(useApi().hosts.list.queryOptions()).data ?? [];
  const names = hosts
    .filter((host) => !told.includes(host.id))
    .filter((host) => host.link.phase === "connecting" || host.link.phase === "reconnecting")
    .filter((host) => inScope(scope, { environment: host.environment, hostId: host.id }))
    .map((host) => host.name);
  if (names.length === 0) return null;
  return <State tone="accent" busy word={t("containers.connecting", { names: fmt.list(names) })} />;
}

function rowId(row: ContainerRow): string {
  return `${row.hostId}/${row.id}`;
}

/** Why the list is empty: nothing fits, no host answered, or there is nothing yet. */
function Nothing({ filtered, failed, onLaunch }: { filtered: boolean; failed: number; onLaunch: () => void }) {
  const { t } = useText();
  if (filtered) return <Empty title={t("common.noMatch")}>{t("common.noMatchHint")}</Empty>;
  if (failed > 0)
    return <Empty title={t("containers.unknown")}>{t("containers.unknownHint", { count: failed })}</Empty>;
  return (
    <Empty
      icon={<Rocket size={26} />}
      title={t("containers.none")}
      actions={
        <Button look="primary" onClick={onLaunch}>
          {t("launch.action")}
        </Button>
      }
    >
      {t("containers.noneHint")}
    </Empty>
  );
}
