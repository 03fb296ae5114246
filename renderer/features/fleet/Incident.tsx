import { useState } from "react";
import type { HostDetail, HostKeyIncident } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Banner, Button, CodeBlock, Facts, TextField, useToast } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";

/** Run on the host itself, it shows the keys that the host really has. */
const showKeys = "for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done";

/** A changed host key is never a yes or no: one compares, types the fingerprint, and says why. */
export function Incident({ host, incident }: { host: HostDetail; incident: HostKeyIncident }) {
  const { t, fmt, maybe } = useText();
  const toast = useToast();
  const [fingerprint, setFingerprint] = useState("");
  const [reason, setReason] = useState("");
  const accept = useAction((client) =>
    client.hosts.acceptKey({ hostId: host.id, fingerprint: fingerprint.trim(), reason: reason.trim() }),
  );
  const bootedAt = host.facts?.bootedAt ?? null;
  const fits = fingerprint.trim() === incident.presented.fingerprint && reason.trim() !== "";
  return (
    <section className="panel incident" aria-label={t("incident.title")}>
      <Banner tone="danger" title={t("incident.title")}>
        {t("incident.text", { host: host.name })}
      </Banner>
      <div className="prints">
        {incident.expected.map((key) => (
          <div key={key.fingerprint}>
            <span className="muted">
              {t("incident.expected")} · {key.type} · {maybe(`hostKey.source.${key.source}`) ?? key.source}
            </span>
            <code>{key.fingerprint}</code>
          </div>
        ))}
        <div>
          <span className="muted">
            {t("incident.presented")} · {incident.presented.type}
          </span>
          <code className="tone-danger">{incident.presented.fingerprint}</code>
        </div>
      </div>
      <Facts
        rows={[
          [t("hostKey.firstSeen"), incident.firstSeen === null ? "—" : fmt.dateTime(incident.firstSeen)],
          [t("hostKey.lastSeen"), incident.lastSeen === null ? "—" : fmt.dateTime(incident.lastSeen)],
          [t("incident.detectedAt"), fmt.dateTime(incident.detectedAt)],
          bootedAt !== null && [t("incident.bootedAt"), fmt.dateTime(bootedAt)],
        ]}
      />
      {incident.alsoShownBy.length > 0 && (
        <Banner tone="danger" title={t("incident.also", { hosts: fmt.list(incident.alsoShownBy) })}>
          {t("incident.alsoText")}
        </Banner>
      )}
      <div>
        <strong>{t("incident.check")}</strong>
        <ul className="checks">
          <li>{t("incident.check.owner")}</li>
          <li>{t("incident.check.path")}</li>
          <li>{t("incident.check.console")}</li>
        </ul>
        <CodeBlock
          text={showKeys}
          label={t("incident.check.command")}
          copy={{ label: t("common.copy"), doneLabel: t("common.copied") }}
        />
      </div>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!fits) return;
          void accept
            .run()
            .then((done) => done && toast({ tone: "ok", text: t("incident.accepted", { host: host.name }) }));
        }}
      >
        <TextField
          mono
          label={t("incident.typeFingerprint")}
          hint={t("incident.typeHint")}
          value={fingerprint}
          onChange={setFingerprint}
        />
        <TextField label={t("common.reason")} value={reason} onChange={setReason} />
        {accept.problem && <ProblemBanner problem={accept.problem} />}
        <div className="row">
          <Button submit look="danger" disabled={!fits} busy={accept.busy}>
            {t("incident.accept")}
          </Button>
        </div>
      </form>
    </section>
  );
}
