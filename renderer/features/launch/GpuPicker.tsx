import type { Gpu, HostRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, Bar } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";

/** By name, memory, use and holder; what is chosen is the UUID, for an index moves at the next boot. */
export function GpuPicker(props: { host: HostRow; value: readonly string[]; onChange: (gpus: string[]) => void }) {
  const { t } = useText();
  const { host, value } = props;
  return (
    <fieldset className="fieldset">
      <legend>{t("launch.gpus")}</legend>
      {host.gpuProblem && <ProblemBanner tone="warn" problem={host.gpuProblem} />}
      {host.gpus.length === 0 && !host.gpuProblem && <p className="muted">{t("gpu.none")}</p>}
      {host.gpus.length > 0 && host.engine && !host.engine.gpuToolkit && (
        <Banner tone="warn">{t("launch.noToolkit")}</Banner>
      )}
      {host.gpus.length > 0 && (
        <div className="pick-list">
          {host.gpus.map((gpu) => (
            <GpuChoice
              key={gpu.uuid}
              gpu={gpu}
              checked={value.includes(gpu.uuid)}
              onChange={(checked) =>
                props.onChange(checked ? [...value, gpu.uuid] : value.filter((uuid) => uuid !== gpu.uuid))
              }
            />
          ))}
        </div>
      )}
    </fieldset>
  );
}

function GpuChoice({ gpu, checked, onChange }: { gpu: Gpu; checked: boolean; onChange: (checked: boolean) => void }) {
  const { t, fmt } = useText();
  const memory =
    gpu.memoryUsedMiB === null || gpu.memoryTotalMiB === null
      ? "—"
      : t("gpu.memoryOf", {
          used: fmt.number(gpu.memoryUsedMiB / 1024, 1),
          total: fmt.number(gpu.memoryTotalMiB / 1024, 1),
        });
  return (
    <label className={gpu.fault ? "check pick off" : "check pick"}>
      <input
        type="checkbox"
        checked={checked}
        disabled={gpu.fault !== null && !checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="pick-main">
        <span>
          <span className="muted mono">{gpu.index}</span> {gpu.name}
        </span>
        <span className={checked && gpu.heldBy.length > 0 ? "hint tone-warn" : "hint"}>
          {gpu.fault
            ? t("gpu.fault", { fault: gpu.fault })
            : gpu.heldBy.length > 0
              ? t(checked ? "launch.sharedGpu" : "gpu.heldBy", { names: fmt.list(gpu.heldBy.map((one) => one.name)) })
              : t("gpu.free")}
        </span>
      </span>
      <span className="pick-side">
        <span>{memory}</span>
        <span className="row tight muted">
          <Bar value={gpu.utilization ?? 0} />
          {gpu.utilization === null ? "—" : fmt.percent(gpu.utilization)}
        </span>
      </span>
    </label>
  );
}
