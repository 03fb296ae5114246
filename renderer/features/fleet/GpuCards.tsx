import { useRef, useState } from "react";
import type { Gpu, GpuSample, HostDetail } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useStream } from "../../client/hooks.ts";
import { Bar, Sparkline } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";

type Reading = GpuSample["gpus"][number];

/** Two minutes at one sample in two seconds. */
const kept = 60;

/** Every GPU with its live figures; watched only while this is on the screen. */
export function GpuCards({ host }: { host: HostDetail }) {
  const { t } = useText();
  const online = host.link.phase === "online" || host.link.phase === "degraded";
  const history = useRef(new Map<string, Reading[]>());
  const [, setSamples] = useState(0);
  const stream = useStream(
    online && host.gpus.length > 0 ? host.id : null,
    (client, signal) => client.hosts.metrics({ hostId: host.id }, { signal }),
    (sample) => {
      for (const reading of sample.gpus) {
        const before = history.current.get(reading.uuid) ?? [];
        history.current.set(reading.uuid, [...before.slice(1 - kept), reading]);
      }
      setSamples((count) => count + 1);
    },
  );
  if (host.gpuProblem) return <ProblemBanner problem={host.gpuProblem} tone="warn" />;
  if (host.gpus.length === 0) return <p className="muted">{t("gpu.none")}</p>;
  return (
    <div className="stack">
      {stream.problem && <ProblemBanner problem={stream.problem} tone="warn" />}
      {host.gpus.map((gpu) => (
        <GpuCard key={gpu.uuid} gpu={gpu} history={history.current.get(gpu.uuid) ?? []} />
      ))}
    </div>
  );
}

function GpuCard({ gpu, history }: { gpu: Gpu; history: readonly Reading[] }) {
  const { t, fmt } = useText();
  const now = { ...gpu, ...history.at(-1) };
  const used = now.memoryUsedMiB;
  const total = now.memoryTotalMiB;
  return (
    <article className={now.fault ? "gpu lost" : "gpu"} aria-label={`GPU ${gpu.index}`}>
      <header className="row">
        <span className="muted mono">{gpu.index}</span>
        <strong className="truncate">{gpu.name}</strong>
        {now.fault && <span className="tone-danger spread">{t("gpu.fault", { fault: now.fault })}</span>}
      </header>
      {!now.fault && (
        <div className="gpu-figures">
          <figure>
            <figcaption>
              <span>{t("gpu.utilization")}</span>
              <b>{now.utilization === null ? "—" : fmt.percent(now.utilization)}</b>
            </figcaption>
            <span className="tone-accent">
              <Sparkline values={history.map((one) => one.utilization)} max={100} label={t("gpu.utilizationChart")} />
            </span>
          </figure>
          <figure>
            <figcaption>
              <span>{t("gpu.memory")}</span>
              <b>
                {used === null || total === null
                  ? "—"
                  : t("gpu.memoryOf", { used: fmt.number(used / 1024, 1), total: fmt.number(total / 1024, 1) })}
              </b>
            </figcaption>
            <span className="tone-ok">
              <Sparkline
                values={history.map((one) => one.memoryUsedMiB)}
                max={total ?? 1}
                label={t("gpu.memoryChart")}
              />
            </span>
          </figure>
          <figure>
            <figcaption>
              <span>{t("gpu.temperature")}</span>
              <b>{now.temperature === null ? "—" : `${fmt.number(now.temperature)} °C`}</b>
            </figcaption>
            <Bar wide value={now.temperature ?? 0} tone={(now.temperature ?? 0) >= 85 ? "danger" : "idle"} />
            <figcaption>
              <span>{t("gpu.power")}</span>
              <b>{now.powerDraw === null ? "—" : t("gpu.watts", { watts: fmt.number(now.powerDraw) })}</b>
            </figcaption>
          </figure>
        </div>
      )}
      <footer className="muted truncate">
        <span className="mono">{gpu.uuid}</span>
        {gpu.heldBy.length > 0 && ` · ${t("gpu.heldBy", { names: fmt.list(gpu.heldBy.map((one) => one.name)) })}`}
      </footer>
    </article>
  );
}
