import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import type { LogSourceRef } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { inScope, useScope } from "../../../app/scope.tsx";
import { useApi } from "../../../client/hooks.ts";
import { Button, matcher, SearchBox } from "../../../ui/index.ts";
import { EnvChip, SimulatedChip } from "../../common/index.ts";
import { HostProblems } from "../../containers/HostProblems.tsx";
import { sourceKey, sourceOf } from "../route.ts";
import { HostOffers } from "./HostOffers.tsx";
import { KeptLogs } from "./KeptLogs.tsx";

/** More than this is no view any more. */
const mostSources = 32;

type Props = { initial: readonly LogSourceRef[]; onOpen: (sources: LogSourceRef[]) => void };

/** Everything that has a log: one is opened with one press, several are ticked and read as one. */
export function SourcePicker({ initial, onOpen }: Props) {
  const { t, maybe } = useText();
  const { scope } = useScope();
  const api = useApi();
  const hosts = useQuery(api.hosts.list.queryOptions()).data ?? [];
  const containers = useQuery(api.containers.list.queryOptions({ input: {} })).data;
  const [text, setText] = useState("");
  const [ticked, setTicked] = useState<ReadonlySet<string>>(() => new Set(initial.map(sourceKey)));
  const fits = useMemo(() => matcher(text), [text]);
  const full = ticked.size >= mostSources;
  const chosen = [...ticked].map(sourceOf).filter((source) => source !== null);

  function choice(ref: LogSourceRef, name: string, more?: ReactNode): ReactNode {
    const key = sourceKey(ref);
    const on = ticked.has(key);
    return (
      <li key={key} className="source-row">
        <label className="check">
          <input
            type="checkbox"
            checked={on}
            disabled={!on && full}
            onChange={() => {
              const next = new Set(ticked);
              if (!next.delete(key)) next.add(key);
              setTicked(next);
            }}
          />
          <span className="truncate">{name}</span>
        </label>
        {more}
        <Button small look="quiet" aria-label={t("logs.openOf", { name })} onClick={() => onOpen([ref])}>
          {t("logs.open")}
        </Button>
      </li>
    );
  }

  const shown = hosts
    .filter((host) => inScope(scope, { environment: host.environment, hostId: host.id }))
    .map((host) => ({
      host,
      rows: (containers?.rows ?? []).filter((row) => row.hostId === host.id && fits(`${row.name} ${host.name}`)),
    }))
    .filter(({ host, rows }) => rows.length > 0 || fits(host.name));

  return (
    <div className="source-picker">
      <div className="row wrap">
        <SearchBox slash={false} label={t("logs.findSource")} value={text} onChange={setText} />
        <Button look="primary" disabled={chosen.length === 0} onClick={() => onOpen(chosen)}>
          {t("logs.openMany", { count: chosen.length })}
        </Button>
        {full && <span className="tone-warn">{t("logs.sourceLimit", { count: mostSources })}</span>}
      </div>
      {containers && containers.problems.length > 0 && <HostProblems problems={containers.problems} />}
      <div className="source-groups">
        {shown.map(({ host, rows }) => (
          <section key={host.id} className="source-group" aria-label={host.name}>
            <header className="row">
              <h3 className="truncate">{host.name}</h3>
              <EnvChip environment={host.environment} />
              {host.simulated && <SimulatedChip />}
            </header>
            <ul>
              {rows.map((row) =>
                choice(
                  { kind: "container", hostId: host.id, containerId: row.id },
                  row.name,
                  <span className="muted nowrap">{maybe(`container.state.${row.state}`) ?? row.state}</span>,
                ),
              )}
              {rows.length === 0 && <li className="muted">{t("logs.noContainers")}</li>}
            </ul>
            <HostOffers hostId={host.id} choice={choice} />
          </section>
        ))}
        <section className="source-group" aria-label={t("logs.thisMachine")}>
          <header className="row">
            <h3>{t("logs.thisMachine")}</h3>
          </header>
          <ul>{choice({ kind: "console" }, t("logs.console"))}</ul>
          <KeptLogs choice={choice} />
        </section>
      </div>
    </div>
  );
}
