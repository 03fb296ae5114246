import type { ContainerDetailView } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useStream } from "../../client/hooks.ts";
import { Bar, CodeBlock, Facts } from "../../ui/index.ts";
import { foldCommand, Since } from "../common/index.ts";

export function SummaryTab({ detail }: { detail: ContainerDetailView }) {
  const { t, fmt, maybe } = useText();
  const copy = { label: t("common.copy"), doneLabel: t("common.copied") };
  const addresses = Object.entries(detail.addresses);
  return (
    <>
      {detail.state === "running" && <Usage detail={detail} />}
      <Facts
        rows={[
          [t("containers.column.image"), <code key="image">{detail.image}</code>],
          [t("container.id"), <code key="id">{detail.id.slice(0, 12)}</code>],
          detail.startedAt !== null && [t("container.startedAt"), <Since key="start" ago at={detail.startedAt} />],
          detail.finishedAt !== null &&
            detail.state !== "running" && [t("container.finishedAt"), <Since key="end" ago at={detail.finishedAt} />],
          detail.exitCode !== null && detail.state !== "running" && [t("container.exitCode"), String(detail.exitCode)],
          detail.health !== null && [
            t("container.health"),
            maybe(`container.health.${detail.health}`) ?? detail.health,
          ],
          [t("container.restarts"), fmt.number(detail.restartCount)],
          [t("container.user"), <code key="user">{detail.user || "root"}</code>],
          [t("containers.column.gpu"), detail.gpus.length === 0 ? "—" : fmt.list(detail.gpus.map((gpu) => gpu.name))],
          [t("launch.template"), detail.template ?? t("container.notManaged")],
          [
            t("container.addresses"),
            addresses.length === 0 ? "—" : addresses.map(([name, address]) => `${name} ${address}`).join(", "),
          ],
          [
            t("container.ports"),
            detail.ports.length === 0
              ? t("container.noPorts")
              : detail.ports.map((port) => `${port.hostIp}:${port.hostPort} → ${port.container}`).join(", "),
          ],
        ]}
      />
      {detail.mounts.length > 0 && (
        <section className="stack tight">
          <h3>{t("container.mounts")}</h3>
          {detail.mounts.map((mount) => (
            <code key={mount.destination} className="wrap-anywhere">
              {mount.source || mount.type} → {mount.destination}
              {mount.readOnly ? " (ro)" : ""}
            </code>
          ))}
        </section>
      )}
      {detail.startCommand && (
        <CodeBlock label={t("launch.command")} text={foldCommand(detail.startCommand)} copy={copy} />
      )}
    </>
  );
}

/** Live processor and memory use, while the tab is open. */
function Usage({ detail }: { detail: ContainerDetailView }) {
  const { t, fmt } = useText();
  const { value } = useStream(`${detail.hostId}/${detail.id}`, (client, signal) =>
    client.containers.stats({ hostId: detail.hostId, containerId: detail.id }, { signal }),
  );
  const share = value && value.memoryLimitBytes > 0 ? (value.memoryBytes / value.memoryLimitBytes) * 100 : 0;
  return (
    <div className="usage">
      <div>
        <span className="muted">{t("container.cpu")}</span>
        <b>{value?.cpuPercent == null ? "—" : fmt.percent(value.cpuPercent)}</b>
        <Bar wide value={value?.cpuPercent ?? 0} />
      </div>
      <div>
        <span className="muted">{t("gpu.memory")}</span>
        <b>
          {value
            ? t("host.usedOf", { used: fmt.bytes(value.memoryBytes), total: fmt.bytes(value.memoryLimitBytes) })
            : "—"}
        </b>
        <Bar wide value={share} tone={share > 90 ? "danger" : "accent"} />
      </div>
      <div>
        <span className="muted">{t("container.pids")}</span>
        <b>{value ? fmt.number(value.pids) : "—"}</b>
      </div>
    </div>
  );
}
