import { ExternalLink, TriangleAlert } from "lucide-react";
import type { TunnelRow } from "../../../electron/contract/index.ts";
import { type Text, useText } from "../../app/i18n/index.tsx";
import { type Column, CopyButton, Sparkline } from "../../ui/index.ts";
import { EnvChip, SimulatedChip } from "../common/index.ts";
import { exposedText, isExposed, Light, lightReason, listenAddress, pageAddress, targetText } from "./lights.tsx";
import type { History } from "./useTunnelFeed.ts";

export function tunnelColumns(text: Text, historyOf: (tunnelId: string) => History): Column<TunnelRow>[] {
  const { t } = text;
  return [
    {
      id: "state",
      title: t("tunnels.column.state"),
      priority: 1,
      sort: (row) => row.state.light,
      cell: (row) => {
        const why = lightReason(text, row);
        return (
          <span className="row light-cell" title={why ? `${why.what} ${why.hint}` : undefined}>
            <Light state={row.state} />
            {why && <span className="muted truncate">{why.what}</span>}
          </span>
        );
      },
    },
    {
      id: "name",
      title: t("tunnels.column.name"),
      width: "max(88px, 17cqw)",
      priority: 1,
      sort: (row) => row.tunnel.name,
      cell: (row) => <span className="strong truncate">{row.tunnel.name}</span>,
    },
    {
      id: "listen",
      title: t("tunnels.column.listen"),
      width: "clamp(140px, 36cqw, 232px)",
      priority: 1,
      sort: (row) => listenAddress(row),
      cell: (row) => <ListenCell row={row} />,
    },
    {
      id: "target",
      title: t("tunnels.column.target"),
      width: "14%",
      priority: 3,
      sort: (row) => targetText(t, row),
      cell: (row) => (
        <span className="row tight">
          <code className="truncate">{targetText(t, row)}</code>
          {row.tunnel.kind === "remote" && <span className="muted side">{t("tunnels.here")}</span>}
        </span>
      ),
    },
    {
      id: "host",
      title: t("tunnels.column.host"),
      width: "158px",
      priority: 2,
      sort: (row) => row.host?.name ?? null,
      cell: (row) =>
        row.host === null ? (
          <span className="muted">{t("tunnels.hostGone")}</span>
        ) : (
          <span className="row">
            <span className="truncate">{row.host.name}</span>
            {row.host.environment === "production" && <EnvChip environment={row.host.environment} />}
            {row.host.simulated && <SimulatedChip />}
          </span>
        ),
    },
    {
      id: "traffic",
      title: t("tunnels.column.traffic"),
      width: "122px",
      priority: 3,
      sort: (row) => row.traffic.inPerSecond + row.traffic.outPerSecond,
      cell: (row) => <TrafficCell row={row} history={historyOf(row.id)} />,
    },
    {
      id: "connections",
      title: t("tunnels.column.connections"),
      width: "68px",
      number: true,
      priority: 3,
      sort: (row) => row.traffic.open,
      cell: (row) => row.traffic.open,
    },
  ];
}

function ListenCell({ row }: { row: TunnelRow }) {
  const { t } = useText();
  const address = listenAddress(row);
  const page = pageAddress(row);
  const exposed = isExposed(row);
  return (
    // A click here is meant for what is in the cell.
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: it only keeps the row from opening
    <span className="row tight listen-cell" onClick={(event) => event.stopPropagation()}>
      {exposed && (
        <span className="tone-danger exposed" title={exposedText(t, row)}>
          <TriangleAlert size={14} role="img" aria-label={t("tunnels.exposed")} />
        </span>
      )}
      <code className={exposed ? "truncate tone-danger" : "truncate"}>{address}</code>
      {row.tunnel.kind === "remote" && <span className="muted side">{t("tunnels.there")}</span>}
      <CopyButton
        iconOnly
        text={address}
        label={t("tunnels.copyAddress", { address })}
        doneLabel={t("common.copied")}
      />
      {page && (
        <a
          className="btn quiet icon small"
          href={page}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t("tunnels.open", { address })}
          title={t("tunnels.open", { address })}
        >
          <ExternalLink size={14} aria-hidden="true" />
        </a>
      )}
    </span>
  );
}

function TrafficCell({ row, history }: { row: TunnelRow; history: History }) {
  const { t, fmt } = useText();
  const values = history.in.map((came, at) => came + (history.out[at] ?? 0));
  const rate = row.traffic.inPerSecond + row.traffic.outPerSecond;
  return (
    <span className="row traffic-cell tone-accent">
      <Sparkline values={values} max={Math.max(1024, ...values)} label={t("tunnels.column.traffic")} />
      <span className="muted num">{rate > 0 ? t("tunnel.perSecond", { size: fmt.bytes(rate) }) : "—"}</span>
    </span>
  );
}
