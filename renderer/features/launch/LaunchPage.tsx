import { useText } from "../../app/i18n/index.tsx";
import { LaunchForm } from "./LaunchForm.tsx";
import { LaunchWatch } from "./LaunchWatch.tsx";
import "./launch.css";

/** A new launch, or one that runs or ran. */
export function LaunchPage({ launchId, hostId }: { launchId: string | null; hostId?: string }) {
  const { t } = useText();
  if (launchId) return <LaunchWatch key={launchId} launchId={launchId} />;
  return <LaunchForm key={hostId ?? ""} wantedHost={hostId ?? null} title={t("launch.title")} />;
}
