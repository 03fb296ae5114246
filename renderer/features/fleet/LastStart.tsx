import { useState } from "react";
import type { HostKeyIncident } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Facts, TextField } from "../../ui/index.ts";

const bootId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** By the start of its kernel a person tells a host that was set up anew from another machine in its place. */
export function LastStart({ incident }: { incident: HostKeyIncident }) {
  const { t, fmt } = useText();
  const [now, setNow] = useState("");
  const { lastBoot, rebooted } = incident;
  if (lastBoot === null) return <p className="hint">{t("incident.boot.none")}</p>;
  const typed = now.trim().toLowerCase();
  const outcome = !bootId.test(typed) ? rebooted : typed === lastBoot.id ? "no" : "yes";
  return (
    <div className="stack">
      <Facts
        rows={[
          [
            t("incident.boot.id"),
            <code key="id" className="wrap-anywhere">
              {lastBoot.id}
            </code>,
          ],
          [t("incident.boot.since"), lastBoot.since === null ? "—" : fmt.dateTime(lastBoot.since)],
          [t("incident.boot.readAt"), fmt.dateTime(lastBoot.readAt)],
          [t("incident.boot.rebooted"), t(`incident.rebooted.${outcome}`)],
        ]}
      />
      {outcome !== "unknown" && <p className="hint">{t(`incident.rebooted.${outcome}.means`)}</p>}
      {rebooted === "unknown" && (
        <TextField
          mono
          label={t("incident.boot.now")}
          hint={t("incident.boot.nowHint")}
          complaint={typed !== "" && !bootId.test(typed) ? t("incident.boot.bad") : null}
          value={now}
          onChange={setNow}
        />
      )}
    </div>
  );
}
