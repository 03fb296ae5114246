import { useQuery } from "@tanstack/react-query";
import type { ConfiguredHosts as Configured } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { Banner, SelectField } from "../../ui/index.ts";

type Transport = "auto" | "library" | "system";
export type ConfiguredHost = Configured["hosts"][number];

/** Offers the hosts of the user's ssh configuration. Nothing is shown where there is none. */
export function ConfiguredHosts({ value, onPick }: { value: string; onPick: (host: ConfiguredHost | null) => void }) {
  const { t } = useText();
  const found = useQuery(useApi().hosts.configured.queryOptions()).data;
  if (!found || (found.hosts.length === 0 && found.problems.length === 0)) return null;
  const picked = found.hosts.find((host) => host.name === value);
  // Files that were left out are told below, once for all hosts.
  const notHonoured = picked?.notHonoured.filter((line) => !line.startsWith("include (")) ?? [];
  return (
    <>
      <SelectField
        label={t("config.host")}
        value={value}
        options={[
          { value: "", label: t("config.none") },
          ...found.hosts.map((host) => ({ value: host.name, label: labelOf(host) })),
        ]}
        onChange={(name) => onPick(found.hosts.find((host) => host.name === name) ?? null)}
      />
      {picked && (
        <p className="hint">
          {t("config.source", { source: picked.source })}{" "}
          {picked.resolvedBy && t(`config.resolvedBy.${picked.resolvedBy}`)}
          {picked.via && ` ${t("config.via", { via: picked.via })}`}
        </p>
      )}
      {picked?.reason && (
        <Banner tone="warn" title={t("config.unusable")}>
          {picked.reason}
        </Banner>
      )}
      {notHonoured.length > 0 && <NotHonoured lines={notHonoured} />}
      {found.problems.map((problem) => (
        <p key={`${problem.kind} ${problem.source}`} className="hint tone-warn">
          {t(`config.problem.${problem.kind}`, { source: problem.source })}
        </p>
      ))}
      {found.truncated > 0 && <p className="hint">{t("config.truncated", { count: found.truncated })}</p>}
    </>
  );
}

const transports = ["auto", "library", "system"] as const;

/** Who carries the connection. */
export function TransportField(props: { value: Transport; onChange: (value: Transport) => void }) {
  const { t } = useText();
  return (
    <SelectField
      label={t("transport.label")}
      value={props.value}
      options={transports.map((value) => ({ value, label: t(`transport.wish.${value}`) }))}
      onChange={(value) => props.onChange(transports.find((one) => one === value) ?? "auto")}
    />
  );
}

/** Settings of the configuration that the console does not follow, told and not swallowed. */
export function NotHonoured({ lines }: { lines: readonly string[] }) {
  const { t } = useText();
  return (
    <Banner tone="warn" title={t("config.notHonoured", { count: lines.length })}>
      <ul className="plain mono">
        {lines.map((line) => (
          <li key={line} className="wrap-anywhere">
            {line}
          </li>
        ))}
      </ul>
    </Banner>
  );
}

function labelOf({ name, user, address, port }: ConfiguredHost): string {
  const where = `${user}@${address}${port === 22 ? "" : `:${port}`}`;
  return address === "" ? name : `${name} (${where})`;
}
