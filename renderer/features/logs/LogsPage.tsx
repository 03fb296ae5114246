import { useQuery } from "@tanstack/react-query";
import { ListPlus } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { KeptSource, LogSourceRef } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { Button, Dialog } from "../../ui/index.ts";
import { EnvChip, OriginChip } from "../common/index.ts";
import { LogView } from "./LogView.tsx";
import { logPath, readRoute, sourceKey } from "./route.ts";
import { plainName } from "./sources/names.ts";
import { SourcePicker } from "./sources/SourcePicker.tsx";

type Props = { hostId: string | null; what: string | null; place: string | null };

export function LogsPage({ hostId, what, place }: Props) {
  const { t } = useText();
  const [, go] = useLocation();
  const [picking, setPicking] = useState(false);
  const route = readRoute({ hostId, what, place });
  const { sources } = route;
  const kept = useKept(sources);
  const names = useNames(sources, kept);
  const hosts = useQuery(useApi().hosts.list.queryOptions()).data ?? [];
  const ofHosts = hosts.filter(({ id }) => sources.some((source) => "hostId" in source && source.hostId === id));
  const keptAmong = sources.filter((source) => source.kind === "kept");
  const [only] = names;
  const name = names.length > 1 ? t("logs.many", { count: names.length }) : (only ?? "");
  function open(next: LogSourceRef[]): void {
    setPicking(false);
    go(logPath(next));
  }
  return (
    <section className="list">
      <header className="list-head">
        <h1>{t("section.logs")}</h1>
        {sources.length > 0 && <span className="truncate log-name">{name}</span>}
        {[...new Set(ofHosts.map(({ environment }) => environment))].map((environment) => (
          <EnvChip key={environment} environment={environment} />
        ))}
        <OriginChip sources={[...ofHosts, ...keptAmong.flatMap(({ id }) => kept.get(id) ?? [])]} />
        {sources.length > 0 && (
          <Button className="spread" icon={<ListPlus size={14} />} onClick={() => setPicking(true)}>
            <span className="log-choose">{t("logs.choose")}</span>
          </Button>
        )}
      </header>
      {sources.length === 0 ? (
        <div className="page-body">
          <div className="stack">
            <div>
              <h2>{t("logs.pick")}</h2>
              <p className="secondary">{t("logs.pickHint")}</p>
            </div>
            <SourcePicker initial={[]} onOpen={open} />
          </div>
        </div>
      ) : (
        <LogView
          key={`${sources.map(sourceKey).join(",")} ${place ?? ""}`}
          slash
          sources={sources}
          name={name}
          place={route.place}
        />
      )}
      {picking && (
        <Dialog title={t("logs.choose")} size="wide" closeLabel={t("common.close")} onClose={() => setPicking(false)}>
          <SourcePicker initial={sources} onOpen={open} />
        </Dialog>
      )}
    </section>
  );
}

type Kept = ReadonlyMap<string, readonly KeptSource[]>;

/** What the kept logs among the sources were read from, by id. */
function useKept(sources: readonly LogSourceRef[]): Kept {
  const asked = sources.some(({ kind }) => kind === "kept");
  const logs = useQuery(useApi().logs.kept.queryOptions({ enabled: asked })).data?.logs ?? [];
  return new Map(logs.map((log) => [log.id, log.sources]));
}

/** What a person calls the sources, as far as the lists know it. */
function useNames(sources: readonly LogSourceRef[], kept: Kept): string[] {
  const { t, fmt } = useText();
  const rows = useQuery(useApi().containers.list.queryOptions({ input: {} })).data?.rows ?? [];
  return sources.map((source) => {
    if (source.kind === "events") return t("logs.events");
    if (source.kind === "console") return t("logs.console");
    if (source.kind === "kept") {
      const names = (kept.get(source.id) ?? []).map(({ name }) => name);
      return names.length > 0 ? t("logs.keptName", { name: fmt.list(names) }) : t("logs.kept");
    }
    if (source.kind === "journal" && source.unit === undefined) return t("logs.journal");
    const row =
      source.kind === "container" &&
      rows.find(({ hostId, id }) => hostId === source.hostId && id === source.containerId);
    return row ? row.name : plainName(source);
  });
}
