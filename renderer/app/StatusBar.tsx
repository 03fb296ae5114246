import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { LaunchView } from "../../electron/contract/index.ts";
import { useApi } from "../client/hooks.ts";
import { launchTone } from "../features/common/tones.ts";
import { State } from "../ui/index.ts";
import { useText } from "./i18n/index.tsx";

export function StatusBar() {
  const { t } = useText();
  const api = useApi();
  const hosts = useQuery(api.hosts.list.queryOptions()).data;
  const launches = useQuery(api.launches.list.queryOptions()).data ?? [];
  const audit = useQuery(api.audit.page.queryOptions({ input: { limit: 1 } })).data;
  const online = hosts?.filter((host) => host.link.phase === "online" || host.link.phase === "degraded").length ?? 0;
  const running = launches.filter((launch) => launch.state === "running");
  const newest = [...launches].sort((a, b) => b.startedAt - a.startedAt)[0];
  return (
    <footer className="statusbar">
      {hosts && hosts.length > 0 && (
        <Link href="/fleet">
          <State
            tone={online === hosts.length ? (online === 0 ? "idle" : "ok") : "warn"}
            word={t("status.hosts", { online, total: hosts.length })}
          />
        </Link>
      )}
      {running.length > 0
        ? running.slice(0, 3).map((launch) => <LaunchLink key={launch.id} launch={launch} />)
        : newest && <LaunchLink launch={newest} />}
      <IdleKernels />
      <Link href="/audit" className="spread">
        {audit ? t("status.audit", { count: audit.total }) : t("status.auditUnknown")}
      </Link>
    </footer>
  );
}

const idleLookMs = 60_000;

/** A reminder: kernels that do nothing for hours hold memory that others need. */
function IdleKernels() {
  const { t } = useText();
  // Rows become idle by time alone, which no change tells.
  const rows = useQuery({ ...useApi().notebooks.list.queryOptions(), refetchInterval: idleLookMs }).data ?? [];
  const count = rows.reduce((sum, row) => sum + (row.idle ? (row.activity?.kernels ?? 0) : 0), 0);
  if (count === 0) return null;
  return (
    <Link href="/notebooks">
      <State tone="warn" word={t("status.idleKernels", { count })} />
    </Link>
  );
}

/** The step that a launch is at, as the way back to its page. */
function LaunchLink({ launch }: { launch: LaunchView }) {
  const { t } = useText();
  const step = launch.steps.find((candidate) => candidate.state === "running");
  const word =
    launch.state === "running"
      ? t("status.launching", { name: launch.name, step: step ? t(`step.${step.id}`) : "…" })
      : t(`status.launch.${launch.state}`, { name: launch.name });
  return (
    <Link href={`/launch/watch/${encodeURIComponent(launch.id)}`} className="truncate">
      <State tone={launchTone(launch.state)} busy={launch.state === "running"} word={word} />
    </Link>
  );
}
