import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "../../app/i18n/index.tsx";
import { Button, IconButton } from "../../ui/index.ts";

/** A list of like things that grows and shrinks. */
export function RowsEditor<Row>(props: {
  label: string;
  rows: readonly Row[];
  blank: Row;
  onChange: (rows: Row[]) => void;
  render: (row: Row, set: (row: Row) => void) => ReactNode;
}) {
  const { t } = useText();
  const { rows, onChange } = props;
  return (
    <fieldset className="fieldset rows">
      <legend>{props.label}</legend>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what is typed must not move the row, and it has no other name
        <div key={index} className="rows-row">
          {props.render(row, (next) => onChange(rows.map((old, at) => (at === index ? next : old))))}
          <IconButton small label={t("common.remove")} onClick={() => onChange(rows.filter((_, at) => at !== index))}>
            <X size={14} />
          </IconButton>
        </div>
      ))}
      <div>
        <Button small look="quiet" icon={<Plus size={13} />} onClick={() => onChange([...rows, props.blank])}>
          {t("common.add")}
        </Button>
      </div>
    </fieldset>
  );
}
