import { FlaskConical, ShieldAlert } from "lucide-react";
import { useText } from "../../app/i18n/index.tsx";
import { Chip } from "../../ui/index.ts";

/** Surfaces of this environment carry a frame and a label. */
export function isProduction(environment: string | null | undefined): boolean {
  return environment === "production";
}

export function EnvChip({ environment }: { environment: string }) {
  if (!isProduction(environment)) return <Chip square>{environment}</Chip>;
  return (
    <Chip square look="production">
      <ShieldAlert size={12} aria-hidden="true" />
      {environment}
    </Chip>
  );
}

/** Everything of the practice fleet says what it is. */
export function SimulatedChip() {
  const { t } = useText();
  return (
    <Chip square look="simulated" title={t("practice.chipTitle")}>
      <FlaskConical size={12} aria-hidden="true" />
      {t("practice.simulated")}
    </Chip>
  );
}
