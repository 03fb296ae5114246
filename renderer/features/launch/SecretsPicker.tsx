import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { HostRow, LaunchSpec, Template } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Button, Select } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import { PutSecretDialog } from "../secrets/PutSecretDialog.tsx";
import type { Change } from "./draft.ts";

type Delivery = LaunchSpec["secrets"][number]["delivery"];
type Props = { template: Template; host: HostRow; spec: LaunchSpec; onChange: Change };

/** Names, never values: which secrets the container is given, and how. */
export function SecretsPicker({ template, host, spec, onChange }: Props) {
  const { t } = useText();
  const [adding, setAdding] = useState<string | null>(null);
  const query = useQuery(useApi().secrets.list.queryOptions({ input: {} }));
  const all = query.data ?? [];
  const environment = spec.environment;
  const environments = [...new Set([host.environment, environment, ...all.map((row) => row.environment)])];
  const offered = all.filter((row) => row.environment === environment);
  const missing = template.wants.filter((name) => !offered.some((row) => row.name === name));
  const chosen = new Map(spec.secrets.map((secret) => [secret.ref.name, secret]));

  function give(name: string, delivery: Delivery | null): void {
    const others = spec.secrets.filter((secret) => secret.ref.name !== name);
    onChange({ secrets: delivery ? [...others, { ref: { environment, name }, delivery }] : others });
  }

  return (
    <fieldset className="fieldset">
      <legend className="row">{t("launch.secrets")}</legend>
      <div className="row">
        <span className="muted">{t("launch.secretsFrom")}</span>
        <Select
          className="auto"
          aria-label={t("launch.secretsFrom")}
          value={environment}
          options={environments.map((name) => ({ value: name, label: name }))}
          onChange={(next) => onChange({ environment: next, secrets: [] })}
        />
        <Button small look="quiet" className="spread" icon={<Plus size={13} />} onClick={() => setAdding("")}>
          {t("secrets.add")}
        </Button>
      </div>
      {query.error && <ProblemBanner tone="warn" problem={toProblem(query.error)} />}
      {(offered.length > 0 || missing.length > 0) && (
        <div className="pick-list">
          {offered.map((row) => {
            const given = chosen.get(row.name);
            return (
              <div key={row.name} className="pick">
                <label className="check grow">
                  <input
                    type="checkbox"
                    checked={given !== undefined}
                    onChange={(event) => give(row.name, event.target.checked ? "auto" : null)}
                  />
                  <span>
                    <code>{row.name}</code>{" "}
                    <span className="muted">{t("secrets.version", { version: row.version })}</span>
                    {row.weak && <span className="hint">{t("secrets.weakText")}</span>}
                  </span>
                </label>
                {given && (
                  <Select
                    className="auto"
                    aria-label={t("launch.deliveryOf", { name: row.name })}
                    value={given.delivery}
                    options={(["auto", "memory", "file"] as const).map((value) => ({
                      value,
                      label: t(`delivery.${value}`),
                      disabled: value !== "auto" && !template.delivery.includes(value),
                    }))}
                    onChange={(delivery) => give(row.name, delivery)}
                  />
                )}
              </div>
            );
          })}
          {missing.map((name) => (
            <div key={name} className="pick">
              <span className="grow">
                <code>{name}</code> <span className="muted">{t("launch.secretMissing")}</span>
              </span>
              <Button small onClick={() => setAdding(name)}>
                {t("launch.storeIt")}
              </Button>
            </div>
          ))}
        </div>
      )}
      {offered.length === 0 && missing.length === 0 && !query.error && <p className="muted">{t("launch.noSecrets")}</p>}
      {adding !== null && (
        <PutSecretDialog
          name={adding}
          environment={environment}
          onClose={() => setAdding(null)}
          onDone={(name, where) => where === environment && give(name, "auto")}
        />
      )}
    </fieldset>
  );
}
