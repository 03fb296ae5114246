import { useState } from "react";
import type { FieldFilter } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { Button, Dialog, SelectField, TextField } from "../../../ui/index.ts";

const ops: readonly FieldFilter["op"][] = ["is", "not", "has", "above", "below", "exists"];

type Props = { field: FieldFilter; onSet: (field: FieldFilter) => void; onClose: () => void };

/** A condition on one field of JSON lines. */
export function FieldDialog({ field, onSet, onClose }: Props) {
  const { t } = useText();
  const [draft, setDraft] = useState(field);
  const compares = draft.op === "above" || draft.op === "below";
  const complaint = compares && !Number.isFinite(Number(draft.value || "x")) ? t("logs.field.number") : null;
  const ready = draft.path.trim() !== "" && complaint === null;
  return (
    <Dialog
      title={t("logs.field")}
      size="narrow"
      closeLabel={t("common.close")}
      onClose={onClose}
      onSubmit={() => {
        if (!ready) return;
        onSet({ ...draft, path: draft.path.trim() });
        onClose();
      }}
      foot={
        <>
          <Button look="quiet" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button submit look="primary" disabled={!ready}>
            {t("logs.field.set")}
          </Button>
        </>
      }
    >
      <TextField
        mono
        data-autofocus
        label={t("logs.field.path")}
        hint={t("logs.field.pathHint")}
        maxLength={200}
        value={draft.path}
        onChange={(path) => setDraft({ ...draft, path })}
      />
      <SelectField
        label={t("logs.field.op")}
        value={draft.op}
        options={ops.map((op) => ({ value: op, label: t(`logs.op.${op}`) }))}
        onChange={(op) => setDraft({ ...draft, op })}
      />
      {draft.op !== "exists" && (
        <TextField
          mono
          label={t("logs.field.value")}
          complaint={complaint}
          maxLength={200}
          value={draft.value}
          onChange={(value) => setDraft({ ...draft, value })}
        />
      )}
    </Dialog>
  );
}
