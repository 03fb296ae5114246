import { Check, RefreshCw, ScrollText } from "lucide-react";
import { useLocation } from "wouter";
import type { Alert } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, Button, CodeBlock, Drawer, Facts, State } from "../../ui/index.ts";
import { EnvChip, isProduction, SimulatedChip } from "../common/index.ts";
import { type AlertActs, toneOf } from "./columns.tsx";
import { logOf, nameOf, unwatchedOf, whatOf } from "./words.ts";

type Props = { alert: Alert; acts: AlertActs; onClose: () => void };

/** One alert, whole: where a notification leads. */
export function AlertDrawer({ alert, acts, onClose }: Props) {
  const text = useText();
  const { t, fmt } = text;
  const [, go] = useLocation();
  const { secret } = alert;
  const unwatched = unwatchedOf(text, alert);
  return (
    <Drawer
      // The button that takes note is gone once it is noted: the focus must not go with it.
      subject={`${alert.id} ${alert.noted}`}
      title={nameOf(text, alert)}
      closeLabel={t("common.close")}
      production={isProduction(alert.environment)}
      onClose={onClose}
      marks={
        <>
          <EnvChip environment={alert.environment} />
          {alert.simulated && <SimulatedChip />}
        </>
      }
      under={<State tone={toneOf(alert)} hollow={alert.state !== "firing"} word={t(`alerts.state.${alert.state}`)} />}
      actions={
        <>
          <Button look="primary" icon={<ScrollText size={14} />} onClick={() => go(logOf(alert))}>
            {t("alerts.toLog")}
          </Button>
          {!alert.noted && (
            <Button icon={<Check size={14} />} onClick={() => acts.acknowledge(alert.id)}>
              {t("alerts.acknowledge")}
            </Button>
          )}
          {secret && (
            <Button icon={<RefreshCw size={14} />} onClick={() => acts.rotate(secret)}>
              {t("alerts.rotate")}
            </Button>
          )}
        </>
      }
    >
      {unwatched !== null && (
        <div className="alert-unwatched">
          <Banner tone="warn" title={unwatched}>
            {t(alert.state === "over" ? "alerts.unwatchedOver" : "alerts.unwatchedOpen")}
          </Banner>
        </div>
      )}
      <Facts
        rows={[
          [t("alerts.column.what"), whatOf(text, alert)],
          [t("alerts.container"), alert.sourceName],
          [t("alerts.host"), alert.hostName],
          [t("alerts.fired"), fmt.dateTime(alert.since)],
          [t("alerts.lastAt"), fmt.dateTime(alert.lastAt)],
        ]}
      />
      {alert.sample !== null && <CodeBlock wrap label={t("alerts.column.sample")} text={alert.sample} />}
    </Drawer>
  );
}
