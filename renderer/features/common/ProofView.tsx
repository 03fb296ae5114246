import type { Proof } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, State } from "../../ui/index.ts";

/** Evidence, place by place: what was searched, how much, and what was found. */
export function ProofView({ proof }: { proof: Proof }) {
  const { t, fmt } = useText();
  const traces = proof.places.reduce((sum, place) => sum + place.hits.length, 0);
  const blind = proof.places.filter((place) => !place.looked).length;
  const tone = proof.clean ? "ok" : traces > 0 ? "danger" : "warn";
  return (
    <div className="stack">
      <Banner tone={tone} title={proof.clean ? t("proof.clean") : t("proof.summary", { traces, blind })}>
        {t("proof.about", {
          secrets: proof.secrets.length > 0 ? fmt.list(proof.secrets) : t("proof.noSecrets"),
          at: fmt.dateTime(proof.at),
          duration: fmt.duration(proof.durationMs),
        })}
      </Banner>
      <table className="plain" aria-label={t("proof.table")}>
        <thead>
          <tr>
            <th>{t("proof.place")}</th>
            <th>{t("proof.result")}</th>
            <th className="num">{t("proof.searched")}</th>
          </tr>
        </thead>
        <tbody>
          {proof.places.map((place) => (
            <tr key={place.place}>
              <td>{t(`proof.place.${place.place}`)}</td>
              <td>
                <PlaceResult place={place} />
              </td>
              <td className="num">{place.looked ? fmt.bytes(place.bytes) : "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PlaceResult({ place }: { place: Proof["places"][number] }) {
  const { t } = useText();
  if (!place.looked) {
    return (
      <>
        <State tone="warn" word={t("proof.notLooked")} />
        <div className="muted">{place.note}</div>
      </>
    );
  }
  if (place.hits.length === 0) return <State tone="ok" word={t("proof.noTrace")} />;
  return (
    <>
      <State tone="danger" word={t("proof.traces", { count: place.hits.length })} />
      <div className="muted">{place.hits.map((hit) => `${hit.secret} (${hit.encoding})`).join(", ")}</div>
    </>
  );
}
