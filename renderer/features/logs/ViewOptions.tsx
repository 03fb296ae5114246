import { Settings2 } from "lucide-react";
import { useText } from "../../app/i18n/index.tsx";
import { Checkbox, Popover, Segmented } from "../../ui/index.ts";
import { type TimeMode, timeModes } from "./line/times.ts";

/** How lines are shown; the same for every log of this window. */
export type LogLook = { time: TimeMode; wrap: boolean; dense: boolean };

type Props = {
  look: LogLook;
  fold: boolean;
  onLook: (look: LogLook) => void;
  onFold: (fold: boolean) => void;
};

export function ViewOptions({ look, fold, onLook, onFold }: Props) {
  const { t } = useText();
  return (
    <Popover label={t("logs.view")} face={<Settings2 size={15} aria-hidden="true" />}>
      <div className="field">
        <span className="label">{t("logs.time")}</span>
        <Segmented
          label={t("logs.time")}
          value={look.time}
          options={timeModes.map((value) => ({ value, label: t(`logs.time.${value}`) }))}
          onChange={(time) => onLook({ ...look, time })}
        />
      </div>
      <Checkbox label={t("logs.wrap")} checked={look.wrap} onChange={(wrap) => onLook({ ...look, wrap })} />
      <Checkbox label={t("logs.dense")} checked={look.dense} onChange={(dense) => onLook({ ...look, dense })} />
      <Checkbox label={t("logs.fold")} hint={t("logs.foldHint")} checked={fold} onChange={onFold} />
    </Popover>
  );
}
