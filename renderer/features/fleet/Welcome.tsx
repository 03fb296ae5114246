import { useQuery } from "@tanstack/react-query";
import { FlaskConical, Plus } from "lucide-react";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { Button } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";

/** The first screen of all: one's own host, or the simulated ones. */
export function Welcome({ onAdd }: { onAdd: () => void }) {
  const { t } = useText();
  const start = useAction((client) => client.practice.start());
  const practice = useQuery(useApi().practice.state.queryOptions()).data;
  return (
    <section className="welcome">
      <div className="welcome-inner">
        <h1>{t("welcome.title")}</h1>
        <p className="secondary lead">{t("welcome.text")}</p>
        <div className="choices">
          <article className="panel">
            <h2>{t("welcome.practice")}</h2>
            <p className="secondary">{t("welcome.practiceText")}</p>
            <Button
              look="primary"
              icon={<FlaskConical size={14} />}
              busy={start.busy || practice?.running === true}
              onClick={() => void start.run()}
            >
              {t("practice.try")}
            </Button>
          </article>
          <article className="panel">
            <h2>{t("welcome.own")}</h2>
            <p className="secondary">{t("welcome.ownText")}</p>
            <Button icon={<Plus size={14} />} onClick={onAdd}>
              {t("fleet.add")}
            </Button>
          </article>
        </div>
        {start.problem && <ProblemBanner problem={start.problem} />}
        <ol className="promise">
          {(["connect", "launch", "inject", "tail"] as const).map((step) => (
            <li key={step}>
              <strong>{t(`welcome.${step}`)}</strong>
              <span className="secondary">{t(`welcome.${step}Text`)}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
