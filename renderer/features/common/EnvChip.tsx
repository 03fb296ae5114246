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

/** The part of a card's name that tells it from others; whole names are in tooltips and cards. */
export function shortGpuName(name: string): string {
  return name.replace(/^NVIDIA\s+/, "").replace(/\s*\(simulated\)$/, "");
}

/** Everything of the practice fleet says what it is; `unknown`: it may be of it. */
export function SimulatedChip({ unknown = false }: { unknown?: boolean }) {
  const { t } = useText();
  return (
    <Chip square look="simulated" title={t(unknown ? "practice.unknownTitle" : "practice.chipTitle")}>
      <FlaskConical size={12} aria-hidden="true" />
      <span className="word">{t(unknown ? "practice.unknown" : "practice.simulated")}</span>
    </Chip>
  );
}

/** Whether any of the sources is simulated, or may be (`null`). */
export function OriginChip({ sources }: { sources: readonly { simulated: boolean | null }[] }) {
  if (sources.some(({ simulated }) => simulated === true)) return <SimulatedChip />;
  return sources.some(({ simulated }) => simulated === null) && <SimulatedChip unknown />;
}
