import { useQuery } from "@tanstack/react-query";
import { Pencil, Plug, Rocket, Trash2, Unplug } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { HostDetail } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Button, CopyButton, Drawer, Facts, Skeleton, State, useToast } from "../../ui/index.ts";
import {
  ConfirmByName,
  EnvChip,
  isProduction,
  linkTone,
  ProblemBanner,
  SimulatedChip,
  Since,
} from "../common/index.ts";
import { DoctorButton } from "./ConnectionDoctor.tsx";
import { engineName } from "./engineName.ts";
import { GpuCards } from "./GpuCards.tsx";
import { HostDialog } from "./HostDialog.tsx";
import { ChannelWait, HostRoute } from "./HostRoute.tsx";
import { Incident } from "./Incident.tsx";
import { KeyForHost } from "./KeyForHost.tsx";
import { PracticeFaults } from "./PracticeFaults.tsx";

export function HostDrawer({ hostId, onClose }: { hostId: string; onClose: () => void }) {
  const { t } = useText();
  const query = useQuery(useApi().hosts.get.queryOptions({ input: { hostId } }));
  const host = query.data;
  return (
    <Drawer
      subject={hostId}
      title={host?.name ?? "…"}
      closeLabel={t("common.close")}
      production={isProduction(host?.environment)}
      onClose={onClose}
      marks={
        host && (
          <>
            <EnvChip environment={host.environment} />
            {host.simulated && <SimulatedChip />}
          </>
        )
      }
      under={host && <LinkLine host={host} />}
      actions={host && <HostActions host={host} onGone={onClose} />}
    >
      {query.error && <ProblemBanner problem={toProblem(query.error)} />}
      {!host && !query.error && <Skeleton label={t("common.loading")} />}
      {host && <HostBody host={host} />}
    </Drawer>
  );
}

function LinkLine({ host }: { host: HostDetail }) {
  const { t } = useText();
  const busy = host.link.phase === "connecting" || host.link.phase === "reconnecting";
  return (
    <div className="row">
      <State
        tone={linkTone(host.link.phase)}
        busy={busy}
        hollow={host.link.phase === "idle"}
        word={t(`link.${host.link.phase}`)}
        since={<Since at={host.link.since} />}
      />
      {host.link.attempt !== undefined && host.link.attempt > 0 && (
        <span className="muted">{t("link.attempt", { attempt: host.link.attempt })}</span>
      )}
      {host.kind === "ssh" && <ChannelWait hostId={host.id} />}
      <span className="muted truncate mono">
        {host.kind === "local" ? t("host.local") : `${host.user}@${host.address}:${host.port}`}
      </span>
    </div>
  );
}

function HostActions({ host, onGone }: { host: HostDetail; onGone: () => void }) {
  const { t } = useText();
  const [, go] = useLocation();
  const toast = useToast();
  const [dialog, setDialog] = useState<"edit" | "remove" | null>(null);
  const connect = useAction((client) => client.hosts.connect({ hostId: host.id }));
  const disconnect = useAction((client) => client.hosts.disconnect({ hostId: host.id }));
  const remove = useAction((client) => client.hosts.remove({ hostId: host.id }));
  const up = host.link.phase === "online" || host.link.phase === "degraded";
  const problem = connect.problem ?? disconnect.problem;
  // What stands below already, as the reason of the state or as an incident, is not said twice.
  const shownBelow = host.incident !== null || problem?.code === host.link.reason?.code;
  return (
    <>
      {up ? (
        <>
          <Button
            look="primary"
            icon={<Rocket size={14} />}
            onClick={() => go(`/launch/on/${encodeURIComponent(host.id)}`)}
          >
            {t("launch.action")}
          </Button>
          <Button icon={<Unplug size={14} />} busy={disconnect.busy} onClick={() => void disconnect.run()}>
            {t("host.disconnect")}
          </Button>
        </>
      ) : (
        <Button
          look={host.incident ? "normal" : "primary"}
          icon={<Plug size={14} />}
          busy={connect.busy || host.link.phase === "connecting"}
          onClick={() => void connect.run()}
        >
          {t("host.connect")}
        </Button>
      )}
      <DoctorButton host={host} />
      <KeyForHost host={host} />
      {!host.simulated && (
        <>
          <Button icon={<Pencil size={14} />} onClick={() => setDialog("edit")}>
            {t("common.edit")}
          </Button>
          <Button look="danger-quiet" icon={<Trash2 size={14} />} onClick={() => setDialog("remove")}>
            {t("common.remove")}
          </Button>
        </>
      )}
      {problem && !shownBelow && <ProblemBanner problem={problem} />}
      {dialog === "edit" && <HostDialog host={host} onClose={() => setDialog(null)} />}
      {dialog === "remove" && (
        <ConfirmByName
          title={t("host.removeTitle")}
          name={host.name}
          environment={host.environment}
          action={t("common.remove")}
          busy={remove.busy}
          problem={remove.problem}
          onClose={() => setDialog(null)}
          onConfirm={() =>
            void remove.run().then((done) => {
              if (!done) return;
              toast({ tone: "ok", text: t("host.removed", { name: host.name }) });
              onGone();
            })
          }
        >
          {t("host.removeText", { name: host.name })}
        </ConfirmByName>
      )}
    </>
  );
}

function HostBody({ host }: { host: HostDetail }) {
  const { t } = useText();
  const up = host.link.phase === "online" || host.link.phase === "degraded";
  return (
    <>
      {host.incident && <Incident host={host} incident={host.incident} />}
      {host.link.reason && !host.incident && <ProblemBanner problem={host.link.reason} />}
      {host.engineProblem && <ProblemBanner problem={host.engineProblem} title={t("host.engineProblem")} tone="warn" />}
      {(up || host.gpus.length > 0) && (
        <section className="stack" aria-label={t("host.gpus")}>
          <h3>{t("host.gpus")}</h3>
          <GpuCards host={host} />
        </section>
      )}
      <HostFactsView host={host} />
      <EngineFacts host={host} />
      <KeyFacts host={host} />
      <HostRoute host={host} />
      {host.simulated && <PracticeFaults hostId={host.id} />}
    </>
  );
}

function HostFactsView({ host }: { host: HostDetail }) {
  const { t, fmt } = useText();
  const facts = host.facts;
  if (!facts) return null;
  const of = (free: number | null, total: number | null) =>
    free === null || total === null ? "—" : t("host.freeOf", { free: fmt.bytes(free), total: fmt.bytes(total) });
  return (
    <section className="stack">
      <h3>{t("host.facts")}</h3>
      <Facts
        rows={[
          [t("host.hostname"), facts.hostname ?? "—"],
          [t("host.os"), facts.operatingSystem ?? "—"],
          [t("host.kernel"), facts.kernel ?? "—"],
          [t("host.cpus"), facts.cpus === null ? "—" : fmt.number(facts.cpus)],
          [t("host.load"), facts.load === null ? "—" : fmt.number(facts.load, 2)],
          [t("host.memory"), of(facts.memoryAvailableBytes, facts.memoryTotalBytes)],
          [t("host.disk"), of(facts.diskFreeBytes, facts.diskTotalBytes)],
          [t("host.up"), facts.bootedAt === null ? "—" : <Since key="up" at={facts.bootedAt} />],
        ]}
      />
    </section>
  );
}

function EngineFacts({ host }: { host: HostDetail }) {
  const { t } = useText();
  const engine = host.engine;
  if (!engine) return null;
  return (
    <section className="stack">
      <h3>{t("host.engine")}</h3>
      <Facts
        rows={[
          [t("host.engineVersion"), `${engineName(engine.kind)} ${engine.version} (API ${engine.apiVersion})`],
          [t("host.socket"), <code key="socket">{engine.socketPath}</code>],
          [t("host.rootless"), t(engine.rootless ? "common.yes" : "common.no")],
          [t("host.toolkit"), t(engine.gpuToolkit ? "host.toolkitThere" : "host.toolkitMissing")],
          [t("host.storage"), engine.storageDriver],
          engine.warnings.length > 0 && [t("host.warnings"), engine.warnings.join(" ")],
        ]}
      />
    </section>
  );
}

function KeyFacts({ host }: { host: HostDetail }) {
  const { t, fmt } = useText();
  const key = host.hostKey;
  if (!key) return null;
  return (
    <section className="stack">
      <h3>{t("hostKey.title")}</h3>
      <Facts
        rows={[
          [
            t("prompt.fingerprint"),
            <span key="print" className="row">
              <code className="wrap-anywhere">{key.fingerprint}</code>
              <CopyButton iconOnly text={key.fingerprint} label={t("common.copy")} doneLabel={t("common.copied")} />
            </span>,
          ],
          [t("prompt.keyType"), key.type],
          [t("hostKey.source"), t(`hostKey.source.${key.source}`)],
          [t("hostKey.firstSeen"), key.firstSeen === null ? "—" : fmt.dateTime(key.firstSeen)],
          [t("hostKey.lastSeen"), key.lastSeen === null ? "—" : fmt.dateTime(key.lastSeen)],
        ]}
      />
    </section>
  );
}
