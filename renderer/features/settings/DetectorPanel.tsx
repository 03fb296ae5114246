import type { Settings } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Checkbox } from "../../ui/index.ts";

const layers = ["providers", "assignments", "pii"] as const;

type Props = { settings: Settings; onChange: (values: Partial<Settings>) => void };

/** What is looked for in logs beside the registered secrets. */
export function DetectorPanel({ settings, onChange }: Props) {
  const { t } = useText();
  return (
    <section className="stack">
      <h2>{t("detect.title")}</h2>
      {layers.map((layer) => (
        <Checkbox
          key={layer}
          label={t(`detect.${layer}`)}
          hint={t(`detect.${layer}Hint`)}
          checked={settings.detectors[layer]}
          onChange={(on) => onChange({ detectors: { ...settings.detectors, [layer]: on } })}
        />
      ))}
      <Checkbox
        label={t("detect.maskWeak")}
        hint={t("detect.maskWeakHint")}
        checked={settings.maskWeak}
        onChange={(maskWeak) => onChange({ maskWeak })}
      />
      <p className="muted">{t("detect.newLines")}</p>
    </section>
  );
}
