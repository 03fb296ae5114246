import { useCallback, useEffect, useState } from "react";
import type { Settings } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, Checkbox } from "../../ui/index.ts";

/** What the browser says of notifications; `none` where it has no such thing. */
type Permission = NotificationPermission | "none";

const permission = (): Permission => ("Notification" in window ? Notification.permission : "none");

/** Whether alerts call; in a browser a person allows it with a click, and may change their mind in its settings. */
export function CallPanel({ settings, onChange }: { settings: Settings; onChange: (on: boolean) => void }) {
  const { t } = useText();
  const [given, setGiven] = useState(permission);
  const look = useCallback(() => setGiven(permission()), []);
  useEffect(() => {
    window.addEventListener("focus", look);
    let status: PermissionStatus | null = null;
    let gone = false;
    navigator.permissions
      ?.query({ name: "notifications" })
      .then((found) => {
        if (gone) return;
        status = found;
        found.addEventListener("change", look);
      })
      .catch(() => undefined);
    return () => {
      gone = true;
      window.removeEventListener("focus", look);
      status?.removeEventListener("change", look);
    };
  }, [look]);

  async function turn(on: boolean): Promise<void> {
    if (on && permission() === "default") await Notification.requestPermission();
    look();
    onChange(on);
  }

  const impossible = given === "denied" || given === "none";
  return (
    <section className="stack">
      <h2>{t("calls.title")}</h2>
      <Checkbox
        label={t("calls.on")}
        hint={t("calls.hint")}
        checked={settings.alertCalls && given === "granted"}
        disabled={impossible}
        onChange={(on) => void turn(on)}
      />
      {given === "default" && settings.alertCalls && <p className="muted">{t("calls.ask")}</p>}
      {impossible && (
        <Banner tone="warn" title={t(`calls.${given}`)}>
          {t(`calls.${given}Hint`)}
        </Banner>
      )}
    </section>
  );
}
