import type { HostDetail, HostKeyIncident } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, CodeBlock, Facts } from "../../ui/index.ts";
import { AcceptKey } from "./AcceptKey.tsx";
import { LastStart } from "./LastStart.tsx";

/** Run on the host itself, it shows the keys that the host really has, and which start of its kernel this is. */
const showKeys = [
  "for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done",
  "cat /proc/sys/kernel/random/boot_id; uptime -s",
].join("\n");

/** What is known of a changed host key, what to check, and how it is settled. */
export function Incident({ host, incident }: { host: HostDetail; incident: HostKeyIncident }) {
  const { t, fmt, maybe } = useText();
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
        ]}
      />
      <LastStart incident={incident} />
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
      <AcceptKey host={host} incident={incident} />
    </section>
  );
}
