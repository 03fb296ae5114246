import { useState } from "react";
import type { LogFilter } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Button, Dialog, TextField, useToast } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";

const formats = ["text", "jsonl", "evidence"] as const;
type Format = (typeof formats)[number];

type Props = { bufferId: string; filter: LogFilter | undefined; rows: number; narrowed: boolean; onClose: () => void };

/** What is on view as a file: masked in every form. */
export function SaveDialog({ bufferId, filter, rows, narrowed, onClose }: Props) {
  const { t } = useText();
  const toast = useToast();
  const [format, setFormat] = useState<Format>("text");
  const [note, setNote] = useState("");
  const save = useAction(async (client) => {
    const words = note.trim();
    const file = await client.logs.save({
      bufferId,
      format,
      ...(filter === undefined ? {} : { filter }),
      ...(format === "evidence" && words !== "" ? { note: words } : {}),
    });
    offer(file.fileName, file.text);
    toast(
      file.left > 0
        ? { tone: "danger", text: t("logs.saved.part", { name: file.fileName, left: file.left }) }
        : { tone: "ok", text: t("logs.saved", { name: file.fileName }) },
    );
    onClose();
  });
  return (
    <Dialog
      title={t("logs.saveTitle")}
      size="narrow"
      closeLabel={t("common.close")}
      onClose={onClose}
      onSubmit={() => void save.run()}
      foot={
        <>
          <Button look="quiet" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button submit look="primary" busy={save.busy}>
            {t("common.save")}
          </Button>
        </>
      }
    >
      <p className="secondary">{t(narrowed ? "logs.saveRows" : "logs.saveLines", { count: rows })}</p>
      <fieldset className="fieldset">
        <legend>{t("logs.format")}</legend>
        {formats.map((one) => (
          <label key={one} className="check">
            <input
              type="radio"
              name="format"
              data-autofocus={one === format || undefined}
              checked={one === format}
              onChange={() => setFormat(one)}
            />
            <span>
              {t(`logs.format.${one}`)}
              <span className="hint">{t(`logs.format.${one}.hint`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {format === "evidence" && (
        <TextField label={t("logs.evidenceNote")} maxLength={500} value={note} onChange={setNote} />
      )}
      {save.problem && <ProblemBanner problem={save.problem} />}
    </Dialog>
  );
}

/** Hands text to the browser as a file. */
function offer(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
