import { ExternalLink, Pencil, Play, RefreshCw, Server, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { TunnelRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Banner, Button, Chip, CodeBlock, CopyButton, Drawer, Facts, Sparkline, useToast } from "../../ui/index.ts";
import { ConfirmByName, EnvChip, isProduction, ProblemBanner, SimulatedChip, Since } from "../common/index.ts";
import { exposedText, isExposed, Light, lightReason, listenAddress, pageAddress, targetText } from "./lights.tsx";
import { TunnelDialog } from "./TunnelDialog.tsx";
import type { History } from "./useTunnelFeed.ts";

type Props = { row: TunnelRow; history: History; onClose: () => void };

export function TunnelDrawer({ row, history, onClose }: Props) {
  const { t } = useText();
  return (
    <Drawer
      subject={row.id}
      title={row.tunnel.name}
      closeLabel={t("common.close")}
      production={isProduction(row.host?.environment)}
      onClose={onClose}
      marks={
        <>
          {row.host && <EnvChip environment={row.host.environment} />}
          {row.host?.simulated && <SimulatedChip />}
          {isExposed(row) && (
            <Chip square tone="danger">
              {t("tunnels.exposed")}
            </Chip>
          )}
        </>
      }
      under={<Light state={row.state} />}
      actions={<TunnelActions row={row} onGone={onClose} />}
    >
      <Why row={row} />
      {isExposed(row) && <Banner tone="danger" title={exposedText(t, row)} />}
      <Traffic row={row} history={history} />
      <Definition row={row} />
      {row.command && (
        <section className="stack">
          <h3>{t("tunnel.command")}</h3>
          <CodeBlock
            wrap
            label={t("tunnel.commandLabel")}
            text={row.command}
            copy={{ label: t("common.copy"), doneLabel: t("common.copied") }}
          />
        </section>
      )}
    </Drawer>
  );
}

/** The reason in full, and the one thing that helps. */
function Why({ row }: { row: TunnelRow }) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const toast = useToast();
  const move = useAction((client) => client.tunnels.takePort({ tunnelId: row.id }));
  const { state, tunnel } = row;
  const why = lightReason(text, row);
  if (!why) return null;
  if (state.light === "port-taken") {
    return (
      <>
        <Banner
          tone="danger"
          title={why.what}
          actions={
            state.freePort !== null && (
              <Button
                small
                busy={move.busy}
                onClick={() =>
                  void move.run().then((done) => {
                    if (!done) return;
                    toast({ tone: "ok", text: t("tunnel.moved", { name: tunnel.name, port: String(done.port) }) });
                  })
                }
              >
                {t("tunnel.takePort", { port: String(state.freePort) })}
              </Button>
            )
          }
        >
          <div className="hint">{why.hint}</div>
        </Banner>
        {move.problem && <ProblemBanner problem={move.problem} />}
      </>
    );
  }
  if (state.light === "connecting" && state.why === null) return <Banner tone="accent" title={why.what} />;
  if (!("why" in state) || state.why === null) return null;
  return (
    <ProblemBanner
      tone={state.light === "service-down" ? "danger" : "warn"}
      problem={state.why}
      actions={
        row.host &&
        state.light === "needs-you" && (
          <Button small icon={<Server size={14} />} onClick={() => go(`/fleet/${encodeURIComponent(tunnel.hostId)}`)}>
            {t("tunnel.openHost")}
          </Button>
        )
      }
    />
  );
}

function TunnelActions({ row, onGone }: { row: TunnelRow; onGone: () => void }) {
  const { t } = useText();
  const toast = useToast();
  const [dialog, setDialog] = useState<"edit" | "remove" | null>(null);
  const { name } = row.tunnel;
  const at = { tunnelId: row.id };
  const start = useAction((client) => client.tunnels.start(at));
  const stop = useAction((client) => client.tunnels.stop(at));
  const remove = useAction((client) => client.tunnels.remove({ ...at, confirm: name }));
  const page = pageAddress(row);
  const problem = start.problem ?? stop.problem;
  return (
    <>
      {row.state.light === "stopped" ? (
        <Button look="primary" icon={<Play size={14} />} busy={start.busy} onClick={() => void start.run()}>
          {t("tunnel.start")}
        </Button>
      ) : (
        <>
          {page && (
            <a className="btn primary" href={page} target="_blank" rel="noopener noreferrer">
              <ExternalLink size={14} aria-hidden="true" />
              {t("tunnel.open")}
            </a>
          )}
          <Button icon={<RefreshCw size={14} />} busy={start.busy} onClick={() => void start.run()}>
            {t("tunnel.check")}
          </Button>
          <Button icon={<Square size={14} />} busy={stop.busy} onClick={() => void stop.run()}>
            {t("tunnel.stop")}
          </Button>
        </>
      )}
      <Button icon={<Pencil size={14} />} onClick={() => setDialog("edit")}>
        {t("common.edit")}
      </Button>
      <Button look="danger-quiet" icon={<Trash2 size={14} />} onClick={() => setDialog("remove")}>
        {t("common.remove")}
      </Button>
      {problem && <ProblemBanner problem={problem} />}
      {dialog === "edit" && <TunnelDialog row={row} onClose={() => setDialog(null)} />}
      {dialog === "remove" && (
        <ConfirmByName
          title={t("tunnel.removeTitle")}
          name={name}
          environment={row.host?.environment ?? "development"}
          action={t("common.remove")}
          busy={remove.busy}
          problem={remove.problem}
          onClose={() => setDialog(null)}
          onConfirm={() =>
            void remove.run().then((done) => {
              if (!done) return;
              toast({ tone: "ok", text: t("tunnel.removed", { name }) });
              onGone();
            })
          }
        >
          {t("tunnel.removeText", { name, address: listenAddress(row) })}
        </ConfirmByName>
      )}
    </>
  );
}

function Traffic({ row, history }: Omit<Props, "onClose">) {
  const { t, fmt } = useText();
  const { traffic } = row;
  const max = Math.max(1024, ...history.in, ...history.out);
  const parts = [
    { id: "in", label: t("tunnel.in"), chart: t("tunnel.inChart"), values: history.in, now: traffic.inPerSecond },
    { id: "out", label: t("tunnel.out"), chart: t("tunnel.outChart"), values: history.out, now: traffic.outPerSecond },
  ] as const;
  return (
    <section className="stack">
      <h3>{t("tunnel.traffic")}</h3>
      <div className="traffic">
        {parts.map((part) => (
          <figure key={part.id}>
            <figcaption>
              <span>{part.label}</span>
              <b className="num">{t("tunnel.perSecond", { size: fmt.bytes(part.now) })}</b>
            </figcaption>
            <span className={part.id === "in" ? "tone-accent" : "tone-ok"}>
              <Sparkline values={part.values} max={max} label={part.chart} />
            </span>
            <figcaption>
              <span>{fmt.bytes(part.id === "in" ? traffic.inBytes : traffic.outBytes)}</span>
            </figcaption>
          </figure>
        ))}
      </div>
      <Facts
        rows={[
          [
            t("tunnel.connections"),
            [
              t("tunnel.connectionsOf", { open: fmt.number(traffic.open), total: fmt.number(traffic.total) }),
              traffic.held > 0 && t("tunnel.held", { count: traffic.held }),
              traffic.refused > 0 && t("tunnel.refused", { count: traffic.refused }),
            ]
              .filter(Boolean)
              .join(" · "),
          ],
        ]}
      />
    </section>
  );
}

function Definition({ row }: { row: TunnelRow }) {
  const { t, fmt } = useText();
  const { tunnel, probe } = row;
  const address = listenAddress(row);
  const remote = tunnel.kind === "remote";
  const asks =
    tunnel.kind === "dynamic" || tunnel.probe.kind !== "http"
      ? t(`tunnel.probe.${tunnel.kind === "dynamic" ? "none" : (tunnel.probe.kind as "tcp" | "none")}`)
      : t("tunnel.probe.http", { path: tunnel.probe.path });
  return (
    <section className="stack">
      <h3>{t("tunnel.definition")}</h3>
      <Facts
        rows={[
          [
            remote ? t("tunnel.hostAddress") : t("tunnel.localAddress"),
            <span key="local" className="row">
              <code className={isExposed(row) ? "tone-danger" : ""}>{address}</code>
              <CopyButton
                iconOnly
                text={address}
                label={t("tunnels.copyAddress", { address })}
                doneLabel={t("common.copied")}
              />
            </span>,
          ],
          [
            remote ? t("tunnel.targetHere") : t("tunnel.target"),
            <code key="target" className="wrap-anywhere">
              {targetText(t, row)}
            </code>,
          ],
          [t("tunnel.host"), row.host?.name ?? t("tunnels.hostGone")],
          [t("tunnel.probe"), asks],
          probe !== null && [
            t("tunnel.probedAgo"),
            <span key="probe">
              {t("tunnel.latency", { ms: fmt.duration(probe.latencyMs) })}, <Since ago at={probe.at} />
            </span>,
          ],
          probe?.saw === "ends" && [t("tunnel.saw"), t("tunnel.saw.ends")],
          [t("tunnel.autoStart"), t(tunnel.autoStart ? "common.yes" : "common.no")],
        ]}
      />
    </section>
  );
}
