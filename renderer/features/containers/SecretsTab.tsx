import { ScanSearch } from "lucide-react";
import type { ContainerDetailView } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Button, State } from "../../ui/index.ts";
import { ProblemBanner, ProofView } from "../common/index.ts";

/** Which secrets it was given and how, and the evidence that none shows. */
export function SecretsTab({ detail }: { detail: ContainerDetailView }) {
  const { t } = useText();
  const prove = useAction((client) => client.containers.prove({ hostId: detail.hostId, containerId: detail.id }));
  return (
    <>
      {detail.secrets.length === 0 ? (
        <p className="muted">{t("container.noSecrets")}</p>
      ) : (
        <table className="plain" aria-label={t("containers.column.secrets")}>
          <thead>
            <tr>
              <th>{t("secrets.column.name")}</th>
              <th>{t("secrets.delivery")}</th>
              <th>{t("secrets.column.version")}</th>
            </tr>
          </thead>
          <tbody>
            {detail.secrets.map((secret) => (
              <tr key={`${secret.ref.environment}/${secret.ref.name}`}>
                <td>
                  <code>{secret.ref.name}</code>
                  <div className="muted">{secret.ref.environment}</div>
                </td>
                <td>
                  {t(`delivery.${secret.delivery}`)}
                  <div className="muted">{t(`given.${secret.why}`)}</div>
                </td>
                <td>
                  <State
                    tone={secret.current ? "ok" : "warn"}
                    word={
                      secret.ref.version === undefined ? "—" : t("secrets.version", { version: secret.ref.version })
                    }
                    since={t(secret.current ? "secrets.current" : "secrets.outdated")}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="row">
        <h3>{t("proof.title")}</h3>
        <Button className="spread" icon={<ScanSearch size={14} />} busy={prove.busy} onClick={() => void prove.run()}>
          {t("proof.again")}
        </Button>
      </div>
      {prove.problem && <ProblemBanner problem={prove.problem} />}
      {detail.fullProof ? <ProofView proof={detail.fullProof} /> : <p className="muted">{t("proof.neverText")}</p>}
    </>
  );
}
