import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useLocation } from "wouter";
import type { ContainerRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { inScope, useScope } from "../../app/scope.tsx";
import { useApi } from "../../client/hooks.ts";
import { Empty } from "../../ui/index.ts";
import { EnvChip, SimulatedChip } from "../common/index.ts";
import { HostProblems } from "../containers/HostProblems.tsx";
import { LogView } from "./LogView.tsx";
import "./logs.css";

export function LogsPage({ hostId, containerId }: { hostId: string | null; containerId: string | null }) {
  const { t } = useText();
  const [, go] = useLocation();
  const { scope } = useScope();
  const query = useQuery(useApi().containers.list.queryOptions({ input: {} }));
  const rows = query.data?.rows ?? [];
  const offered = rows.filter((row) => inScope(scope, row));
  const current = rows.find((row) => row.hostId === hostId && row.id === containerId);
  const value = hostId && containerId ? `${hostId}/${containerId}` : "";
  return (
    <section className="list">
      <header className="list-head">
        <h1>{t("section.logs")}</h1>
        <ContainerSelect
          rows={offered}
          value={value}
          onPick={(row) => go(`/logs/${encodeURIComponent(row.hostId)}/${row.id}`)}
        />
        {current && <EnvChip environment={current.environment} />}
        {current?.simulated && <SimulatedChip />}
      </header>
      {!containerId && query.data && query.data.problems.length > 0 && (
        <div className="banners">
          <HostProblems problems={query.data.problems} />
        </div>
      )}
      {hostId && containerId ? (
        <LogView
          key={value}
          slash
          hostId={hostId}
          containerId={containerId}
          name={current?.name ?? containerId.slice(0, 12)}
        />
      ) : (
        <Empty icon={<ScrollText size={26} />} title={t(rows.length === 0 ? "containers.none" : "logs.pick")}>
          {t(rows.length === 0 ? "containers.noneHint" : "logs.pickHint")}
        </Empty>
      )}
    </section>
  );
}

function ContainerSelect(props: { rows: ContainerRow[]; value: string; onPick: (row: ContainerRow) => void }) {
  const { t } = useText();
  const hosts = [...new Map(props.rows.map((row) => [row.hostId, row.hostName]))];
  const known = props.rows.some((row) => `${row.hostId}/${row.id}` === props.value);
  return (
    <select
      className="select log-pick"
      aria-label={t("logs.container")}
      value={known ? props.value : ""}
      onChange={(event) => {
        const row = props.rows.find((one) => `${one.hostId}/${one.id}` === event.target.value);
        if (row) props.onPick(row);
      }}
    >
      <option value="" disabled>
        {t("logs.container")}
      </option>
      {hosts.map(([id, name]) => (
        <optgroup key={id} label={name}>
          {props.rows
            .filter((row) => row.hostId === id)
            .map((row) => (
              <option key={row.id} value={`${row.hostId}/${row.id}`}>
                {row.name}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}
