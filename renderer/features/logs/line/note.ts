import type { LogLine } from "../../../../electron/contract/index.ts";
// Not by the index: all of its schemas would come along.
import { readNote } from "../../../../electron/contract/logNotes.ts";
import type { Text } from "../../../app/i18n/index.tsx";

/** A line as a person reads it: the console's own ones are said in the person's language. */
export function shownText({ t, maybe }: Pick<Text, "t" | "maybe">, { stream, text }: LogLine): string {
  const note = stream === "note" ? readNote(text) : null;
  if (note === null) return text;
  if (note.id === "lost") return t("logs.note.lost", { code: note.code });
  if (note.id !== "ended") return t(`logs.note.${note.id}`);
  const state = maybe(`container.state.${note.state}`) ?? note.state;
  return t("logs.note.ended", { state, exit: note.exit ?? "none", memory: String(note.memory) });
}
