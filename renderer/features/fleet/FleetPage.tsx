import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { HostRow, Problem } from "../../../electron/contract/index.ts";
import { type Text, useText } from "../../app/i18n/index.tsx";
import { inScope, useScope } from "../../app/scope.tsx";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Bar, Button, type Column, DataTable, Empty, matcher, SearchBox, Skeleton, State } from "../../ui/index.ts";
import { EnvChip, isProduction, linkTone, ProblemBanner, SimulatedChip, Since, shortGpuName } from "../common/index.ts";
import { engineName } from "./engineName.ts";
import { HostDialog } from "./HostDialog.tsx";
import { HostDrawer } from "./HostDrawer.tsx";
import { Welcome } from "./Welcome.tsx";
import "./fleet.css";

/** GPU figures of the list; the drawer of a host has them live. */
const refreshMs = 10_000;

export function FleetPage({ hostId, dialog }: { hostId: string | null; dialog: string | null }) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const { scope } = useScope();
  const [filter, setFilter] = useState("");
  const query = useQuery(useApi().hosts.list.queryOptions({ refetchInterval: refreshMs }));
  const hosts = query.data;
  const shown = useMemo(() => {
    const fits = matcher(filter);
    return (hosts ?? [])
      .filter((host) => inScope(scope, { environment: host.environment, hostId: host.id }))
      .filter((host) =>
        fits(host.name, host.address, host.environment, host.engine?.version, ...host.gpus.map((gpu) => gpu.name)),
      );
  }, [hosts, filter, scope]);
  const columns = useMemo(() => hostColumns(text), [text]);
  const add = dialog === "add" && <HostDialog onClose={() => go("/fleet")} />;

  if (query.error && !hosts) {
    return (
      <div className="page-body">
        <ProblemBanner problem={toProblem(query.error)} />
      </div>
    );
  }
  if (!hosts) return <Skeleton label={t("common.loading")} />;
  if (hosts.length === 0) {
    return (
      <>
        <Welcome onAdd={() => go("/fleet/-/add")} />
        {add}
      </>
    );
  }
  return (
    <>
      <section className="list">
        <header className="list-head">
          <h1>{t("section.fleet")}</h1>
          <span className="muted">{t("common.count", { shown: shown.length, total: hosts.length })}</span>
          <div className="row spread">
            <SearchBox label={t("fleet.filter")} value={filter} onChange={setFilter} />
            <Button look="primary" icon={<Plus size={14} />} onClick={() => go("/fleet/-/add")}>
              {t("fleet.add")}
            </Button>
          </div>
        </header>
        {shown.length === 0 ? (
          <Empty title={t("common.noMatch")}>{t("common.noMatchHint")}</Empty>
        ) : (
          <DataTable
            label={t("section.fleet")}
            rows={shown}
            columns={columns}
            rowId={(host) => host.id}
            selected={hostId}
            production={(host) => isProduction(host.environment)}
            onOpen={(host) => go(`/fleet/${encodeURIComponent(host.id)}`)}
          />
        )}
      </section>
      {hostId && <HostDrawer key={hostId} hostId={hostId} onClose={() => go("/fleet")} />}
      {add}
    </>
  );
}

/** The one thing of a host that a person should look at. */
export function hostProblem(host: HostRow): Problem | null {
  return host.link.reason ?? host.engineProblem ?? host.gpuProblem ?? null;
}

function hostColumns(text: Text): Column<HostRow>[] {
  const { t } = text;
  return [
    {
      id: "name",
      title: t("fleet.column.name"),
      priority: 1,
      sort: (host) => host.name,
      cell: (host) => (
        <span className="name-cell">
          <span className="strong truncate">{host.name}</span>
          {host.simulated && <SimulatedChip />}
        </span>
      ),
    },
    {
      id: "state",
      title: t("fleet.column.state"),
      width: "176px",
      priority: 1,
      sort: (host) => host.link.phase,
      cell: (host) => (
        <State
          tone={linkTone(host.link.phase)}
          busy={host.link.phase === "connecting" || host.link.phase === "reconnecting"}
          hollow={host.link.phase === "idle"}
          word={t(`link.${host.link.phase}`)}
          since={<Since at={host.link.since} />}
        />
      ),
    },
    {
      id: "environment",
      title: t("fleet.column.environment"),
      width: "118px",
      priority: 3,
      sort: (host) => host.environment,
      cell: (host) => <EnvChip environment={host.environment} />,
    },
    {
      id: "engine",
      title: t("fleet.column.engine"),
      width: "140px",
      priority: 3,
      sort: (host) => host.engine?.version ?? null,
      cell: (host) => (host.engine ? `${engineName(host.engine.kind)} ${host.engine.version}` : <Dash />),
    },
    {
      id: "gpus",
      title: t("fleet.column.gpus"),
      width: "204px",
      priority: 2,
      sort: (host) => host.gpus.length,
      cell: (host) => <GpuCell host={host} />,
    },
    {
      id: "containers",
      title: t("fleet.column.containers"),
      width: "96px",
      number: true,
      priority: 2,
      sort: (host) => host.containers.running,
      cell: (host) =>
        host.engine ? t("common.count", { shown: host.containers.running, total: host.containers.total }) : <Dash />,
    },
    {
      id: "attention",
      title: t("fleet.column.attention"),
      width: "20%",
      priority: 3,
      cell: (host) => {
        const problem = hostProblem(host);
        if (!problem) return <Warning host={host} />;
        const words = text.problem(problem);
        return (
          <span className="tone-warn truncate" title={`${words.what} ${words.hint}`}>
            {words.what}
          </span>
        );
      },
    },
  ];
}

/** What is no failure but will be in the way. */
function Warning({ host }: { host: HostRow }) {
  const { t } = useText();
  if (!host.engine) return null;
  const [what] = host.engine.warnings;
  if (host.gpus.length > 0 && !host.engine.gpuToolkit) {
    const words = t("fleet.noToolkit");
    return (
      <span className="tone-warn" title={words}>
        {words}
      </span>
    );
  }
  if (!what) return null;
  const words = t("fleet.engineWarns", { what });
  return (
    <span className="tone-warn" title={words}>
      {words}
    </span>
  );
}

function Dash() {
  return <span className="muted">—</span>;
}

function GpuCell({ host }: { host: HostRow }) {
  const { t, fmt } = useText();
  if (host.gpus.length === 0) return <Dash />;
  const first = host.gpus[0];
  const mixed = host.gpus.some((gpu) => gpu.name !== first?.name);
  const lost = host.gpus.filter((gpu) => gpu.fault).length;
  const label = mixed
    ? t("fleet.gpusMixed", { count: host.gpus.length })
    : `${host.gpus.length} × ${shortGpuName(first?.name ?? "")}`;
  return (
    <span className="row">
      <span className="mini" role="img" aria-label={gpuSummary(host, t, fmt)} title={gpuSummary(host, t, fmt)}>
        {host.gpus.slice(0, 4).map((gpu) => (
          <Bar key={gpu.uuid} value={gpu.fault ? 100 : (gpu.utilization ?? 0)} tone={gpu.fault ? "danger" : "accent"} />
        ))}
      </span>
      <span className="truncate secondary">{label}</span>
      {lost > 0 && <span className="tone-danger">{t("fleet.gpusLost", { count: lost })}</span>}
    </span>
  );
}

function gpuSummary(host: HostRow, t: Text["t"], fmt: Text["fmt"]): string {
  return host.gpus
    .map((gpu) =>
      gpu.fault
        ? `${gpu.index}: ${gpu.fault}`
        : `${gpu.index}: ${t("gpu.use", { percent: gpu.utilization === null ? "—" : fmt.percent(gpu.utilization) })}`,
    )
    .join(" · ");
}
