import { useQueryClient } from "@tanstack/react-query";
import type { LaunchSpec } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { draftKey } from "./draft.ts";
import { LaunchForm } from "./LaunchForm.tsx";
import { LaunchWatch } from "./LaunchWatch.tsx";
import "./launch.css";

/** A new launch, one that runs or ran, or one that is tried `again`. */
type Props = { launchId: string | null; hostId?: string; templateId?: string; again?: string };

export function LaunchPage({ launchId, hostId, templateId, again }: Props) {
  const { t } = useText();
  const queries = useQueryClient();
  if (again !== undefined) {
    const draft = queries.getQueryData<LaunchSpec>(draftKey(again));
    return (
      <LaunchForm key={again} wantedHost={draft?.hostId ?? null} draft={draft ?? null} title={t("launch.title")} />
    );
  }
  if (launchId) return <LaunchWatch key={launchId} launchId={launchId} />;
  return (
    <LaunchForm
      key={`${hostId ?? ""} ${templateId ?? ""}`}
      wantedHost={hostId ?? null}
      wantedTemplate={templateId ?? null}
      draft={null}
      title={t("launch.title")}
    />
  );
}
