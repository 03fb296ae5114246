import { useState } from "react";
import { useText } from "../../app/i18n/index.tsx";
import { TextField } from "../../ui/index.ts";
import { parseAmount } from "./draft.ts";

/** A number in a unit; an empty field is "no limit". The text stays as it was typed. */
export function Amount(props: {
  label: string;
  unit?: string;
  scale: number;
  fraction?: boolean;
  value: number | null;
  onChange: (value: number | null) => void;
}) {
  const { t } = useText();
  const [text, setText] = useState(() => (props.value === null ? "" : String(props.value / props.scale)));
  const typed = parseAmount(text, props.scale, !props.fraction);
  // Somebody else changed it ("Put back"): the text follows.
  const shown =
    typed === props.value || typed === undefined ? text : props.value === null ? "" : String(props.value / props.scale);
  return (
    <TextField
      mono
      inputMode="decimal"
      label={props.label}
      placeholder={t("advanced.unlimited")}
      {...(props.unit ? { unit: props.unit } : {})}
      complaint={typed === undefined ? t("form.number") : null}
      value={shown}
      onChange={(value) => {
        setText(value);
        const amount = parseAmount(value, props.scale, !props.fraction);
        if (amount !== undefined) props.onChange(amount);
      }}
    />
  );
}
