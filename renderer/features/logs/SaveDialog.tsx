import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import type { LogFilter } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Bar, Button, Dialog, TextField, useToast } from "../../ui/index.ts";
import { offerFile, ProblemBanner } from "../common/index.ts";
import { type Progress, savedFile } from "./savedFile.ts";

const formats = ["text", "jsonl", "evidence"] as const;
type Format = (typeof formats)[number];

type Props = { bufferId: string; filter: LogFilter | undefined; rows: number; narrowed: boolean; onClose: () => void };

/** What is on view as a file: masked in every form. Closing it stops what is being saved: a part of a file is none. */
export function SaveDialog({ bufferId, filter, rows, narrowed, onClose }: Props) {
  const { t } = useText();
  const toast = useToast();
  const [format, setFormat] = useState<Format>("text");
  const [note, setNote] = useState("");
  const [progress, setProgress] = useState<Progress | null>(null);
  // What comes while it is being saved is not in it.
  const count = progress?.total ?? rows;
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const save = useAction(async (client) => {
    const words = note.trim();
    stop.current = new AbortController();
    const { signal } = stop.current;
    setProgress(null);
    const pieces = await client.logs.save(
      {
        bufferId,
        format,
        ...(filter === undefined ? {} : { filter }),
        ...(format === "evidence" && words !== "" ? { note: words } : {}),
      },
      { signal },
    );
    const file = await savedFile(pieces, calmly(setProgress));
    if (signal.aborted) return;
    offerFile(file.fileName, file.content);
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
      onSubmit={() => !save.busy && void save.run()}
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
      <p className="secondary">{t(narrowed ? "logs.saveRows" : "logs.saveLines", { count })}</p>
      <fieldset className="fieldset" disabled={save.busy}>
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
        <>
          <TextField label={t("logs.evidenceNote")} maxLength={500} value={note} onChange={setNote} />
          <p className="secondary">
            {t("logs.evidenceKey")} <Link href="/audit/key">{t("logs.evidenceKey.link")}</Link>
          </p>
        </>
      )}
      {save.busy && progress && <Saving {...progress} />}
      {save.problem && <ProblemBanner problem={save.problem} />}
    </Dialog>
  );
}

function Saving({ done, total }: Progress) {
  const { t, fmt } = useText();
  return (
    <div className="stack tight">
      <div
        role="progressbar"
        aria-label={t("logs.saveTitle")}
        aria-valuenow={done}
        aria-valuemin={0}
        aria-valuemax={total}
      >
        <Bar wide value={(100 * done) / Math.max(1, total)} />
      </div>
      <span className="secondary">{t("logs.saving", { done: fmt.number(done), total })}</span>
    </div>
  );
}

/** Pieces come faster than anybody reads numbers, milliseconds. */
const progressMs = 100;

function calmly(show: (progress: Progress) => void): (progress: Progress) => void {
  let shownAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (now - shownAt < progressMs) return;
    shownAt = now;
    show(progress);
  };
}
