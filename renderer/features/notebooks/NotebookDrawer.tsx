import { ExternalLink, RotateCcwKey, Square, X } from "lucide-react";
import { useState } from "react";
import type { NotebookRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Banner, Button, Chip, Drawer, Facts, useToast } from "../../ui/index.ts";
import {
  ConfirmByName,
  EnvChip,
  isProduction,
  ProblemBanner,
  SeverityChip,
  SimulatedChip,
  Since,
} from "../common/index.ts";
import { NotebookLight } from "./columns.tsx";
import { Kernels } from "./Kernels.tsx";
import { nameOf, placeOf } from "./useNotebooks.ts";
import { useOpen } from "./useOpen.ts";

type Props = { row: NotebookRow; onClose: () => void };

export function NotebookDrawer({ row, onClose }: Props) {
  const { t } = useText();
  const light = row.local?.state;
  return (
    <Drawer
      subject={row.id}
      title={nameOf(row)}
      closeLabel={t("common.close")}
      production={isProduction(row.host?.environment)}
      onClose={onClose}
      marks={
        <>
          {row.host && <EnvChip environment={row.host.environment} />}
          {row.host?.simulated && <SimulatedChip />}
          {row.ours && <Chip square>{t("notebooks.ours")}</Chip>}
        </>
      }
      under={<NotebookLight row={row} t={t} />}
      actions={<Actions row={row} onGone={onClose} />}
    >
      {light && "why" in light && light.why !== null && <ProblemBanner tone="warn" problem={light.why} />}
      {row.problem && row.local === null && <ProblemBanner problem={row.problem} />}
      <OtherCertificate row={row} />
      {row.idle && <Banner tone="warn" title={t("notebooks.idleText", { count: row.activity?.kernels ?? 0 })} />}
      <FindingList row={row} />
      <Kernels row={row} />
      <ServerFacts row={row} />
    </Drawer>
  );
}

function Actions({ row, onGone }: { row: NotebookRow; onGone: () => void }) {
  const { t } = useText();
  const toast = useToast();
  const [asked, setAsked] = useState<"stop" | "renew" | null>(null);
  const at = { notebookId: row.id };
  const open = useOpen(row);
  const { link } = open;
  const close = useAction((client, renew: boolean) => client.notebooks.close({ ...at, renew }));
  const stop = useAction((client) => client.notebooks.stop({ ...at, confirm: placeOf(row) }));
  const problem = open.problem ?? close.problem;

  return (
    <>
      <Button look="primary" icon={<ExternalLink size={14} />} busy={open.busy} onClick={() => void open.show()}>
        {t(row.local === null ? "notebook.open" : "notebook.openAgain")}
      </Button>
      {row.local && (
        <Button icon={<X size={14} />} busy={close.busy} onClick={() => void close.run(false)}>
          {t("notebook.close")}
        </Button>
      )}
      {row.ours && (
        <Button icon={<RotateCcwKey size={14} />} onClick={() => setAsked("renew")}>
          {t("notebook.closeRenew")}
        </Button>
      )}
      <Button look="danger-quiet" icon={<Square size={14} />} onClick={() => setAsked("stop")}>
        {t("notebook.stop")}
      </Button>
      {problem && <ProblemBanner problem={problem} />}
      {link && (
        <Banner
          tone="accent"
          title={t("notebook.blocked")}
          actions={
            <a className="btn small" href={link} target="_blank" rel="noopener noreferrer" onClick={open.forgetLink}>
              <ExternalLink size={14} aria-hidden="true" />
              {t("notebook.blockedOpen")}
            </a>
          }
        />
      )}
      {asked !== null && (
        <ConfirmByName
          title={t(asked === "stop" ? "notebook.stopTitle" : "notebook.renewTitle")}
          name={placeOf(row)}
          environment={row.host?.environment ?? "development"}
          action={t(asked === "stop" ? "notebook.stop" : "notebook.closeRenew")}
          busy={stop.busy || close.busy}
          problem={asked === "stop" ? stop.problem : close.problem}
          onClose={() => setAsked(null)}
          onConfirm={() =>
            void (asked === "stop" ? stop.run() : close.run(true)).then((done) => {
              if (!done) return;
              setAsked(null);
              if (asked === "renew") return;
              toast({ tone: "ok", text: t("notebook.stopped", { port: placeOf(row) }) });
              onGone();
            })
          }
        >
          {asked === "stop"
            ? t("notebook.stopText", { port: placeOf(row), host: row.host?.name ?? "" })
            : t("notebook.renewText")}
        </ConfirmByName>
      )}
    </>
  );
}

/** It shows another certificate than it is known by: whoever knows why lets it in by hand. */
function OtherCertificate({ row }: { row: NotebookRow }) {
  const { t } = useText();
  const trust = useAction((client, certificate: string) => client.notebooks.trust({ notebookId: row.id, certificate }));
  const state = row.local?.state;
  const why = state && "why" in state ? state.why : row.problem;
  if (why?.code !== "NOTEBOOK_CERT_CHANGED") return null;
  const { was, now } = why.details;
  return (
    <section className="stack">
      <h3>{t("notebook.certificate")}</h3>
      <Facts
        rows={[
          [t("notebook.certificate.was"), <Fingerprint key="was" text={String(was)} />],
          [t("notebook.certificate.now"), <Fingerprint key="now" text={String(now)} />],
        ]}
      />
      <span className="row">
        <Button busy={trust.busy} onClick={() => void trust.run(String(now))}>
          {t("notebook.certificate.trust")}
        </Button>
      </span>
      {trust.problem && <ProblemBanner problem={trust.problem} />}
    </section>
  );
}

function Fingerprint({ text }: { text: string }) {
  return <code className="wrap-anywhere">{text}</code>;
}

function FindingList({ row }: { row: NotebookRow }) {
  const { t } = useText();
  return (
    <section className="stack">
      <h3>{t("notebook.findings")}</h3>
      {row.findings.length === 0 && <span className="muted">{t("notebook.noFindings")}</span>}
      {row.findings.map(({ id, severity, at }) => (
        <div key={id} className="stack tight">
          <span className="row">
            <SeverityChip severity={severity} />
            <span>{t(`notebookFinding.${id}`, { at })}</span>
          </span>
          <span className="hint">{t(`notebookFinding.${id}.fix`)}</span>
        </div>
      ))}
    </section>
  );
}

function ServerFacts({ row }: { row: NotebookRow }) {
  const { t } = useText();
  const { place } = row;
  return (
    <section className="stack">
      <h3>{t("notebook.facts")}</h3>
      <Facts
        rows={[
          [
            t("notebook.place"),
            place.kind === "host" ? t("notebook.place.host") : t("notebook.place.container", { name: place.name }),
          ],
          [
            t("notebook.folder"),
            <code key="folder" className="wrap-anywhere">
              {row.folder}
            </code>,
          ],
          row.socket === ""
            ? [t("notebook.port"), <code key="port">{`${row.port}${row.basePath}`}</code>]
            : [
                t("notebook.socket"),
                <code key="socket" className="wrap-anywhere">
                  {row.socket}
                </code>,
              ],
          row.tls?.certificate != null && [
            t("notebook.certificate"),
            <span key="tls">
              <Fingerprint text={row.tls.certificate} />
              <span className="hint">{t("notebook.certificate.hint")}</span>
            </span>,
          ],
          row.local !== null && [t("notebook.local"), <code key="local">{`127.0.0.1:${row.local.port}`}</code>],
          row.version !== "" && [t("notebook.version"), row.version],
          row.activity !== null && [t("notebook.startedAt"), <Since key="since" at={row.activity.startedAt} />],
          [t("notebook.login"), t(`notebook.login.${row.login}`)],
        ]}
      />
    </section>
  );
}
