import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import type { PracticeFaultName } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { ProblemBanner } from "../common/index.ts";

const faults: readonly PracticeFaultName[] = [
  "link-drop",
  "link-slow",
  "host-key-changed",
  "engine-stopped",
  "disk-full",
  "gpu-lost",
  "server-500",
  "server-422-echo",
  "server-hangs",
  "dies-at-start",
];

/** Failure buttons of a simulated host: each stays on until it is pressed again. */
export function PracticeFaults({ hostId }: { hostId: string }) {
  const { t, maybe } = useText();
  const host = useQuery(useApi().practice.state.queryOptions()).data?.hosts.find((one) => one.hostId === hostId);
  const set = useAction((client, fault: PracticeFaultName, on: boolean) =>
    client.practice.fault({ hostId, fault, on }),
  );
  return (
    <section className="panel practice" aria-label={t("practice.faults")}>
      <header>
        <FlaskConical size={14} aria-hidden="true" />
        <h3>{t("practice.faults")}</h3>
      </header>
      <p className="secondary">
        {host ? (maybe(`practice.note.${host.name}`) ?? host.note) : t("practice.faultsText")}
      </p>
      <div className="faults">
        {faults.map((fault) => {
          const on = host?.faults.includes(fault) ?? false;
          return (
            <button
              key={fault}
              type="button"
              className={on ? "btn small on" : "btn small"}
              aria-pressed={on}
              title={t(`fault.${fault}.text`)}
              onClick={() => void set.run(fault, !on)}
            >
              {t(`fault.${fault}`)}
            </button>
          );
        })}
      </div>
      {set.problem && <ProblemBanner problem={set.problem} />}
    </section>
  );
}
