/**
 * The console's own lines in a log (`note` lines). They are kept and saved as text in one language, as everything in a
 * log; what shows them reads them back, to say the same in the person's language.
 */
const fixed = {
  back: "connected again, nothing lost",
  gap: "connected again; lines in between are lost",
  again: "the container was started again",
  removed: "the container was removed",
  rotated: "the file was rotated: another one has its name now",
  replaced: "another file has the name now; the last lines of the one before may be lost",
  truncated: "the file was cut short: it begins anew, and its last lines may be lost",
  gone: "the file is not there; waiting for it",
  unreadable: "a record that can't be read",
} as const;

export type FixedNote = keyof typeof fixed;

export type LogNote =
  | { id: FixedNote }
  /** With the code of the error. */
  | { id: "lost"; code: string }
  /** With the state that the engine names; `exit` is null where there was no exit code. */
  | { id: "ended"; state: string; exit: number | null; memory: boolean };

export function writeNote(note: LogNote): string {
  return `--- ${sayNote(note)} ---`;
}

function sayNote(note: LogNote): string {
  if (note.id === "lost") return `connection lost (${note.code}), trying again`;
  if (note.id !== "ended") return fixed[note.id];
  const exit = note.exit === null ? "" : `, exit code ${note.exit}`;
  return `the container is ${note.state}${exit}${note.memory ? " (killed: out of memory)" : ""}`;
}

/** Null for what no note says. */
export function readNote(text: string): LogNote | null {
  const [, said] = /^--- (.{1,200}) ---$/.exec(text) ?? [];
  if (said === undefined) return null;
  for (const [id, words] of Object.entries(fixed)) if (words === said) return { id: id as FixedNote };
  const [, code] = /^connection lost \(([A-Z_]+)\), trying again$/.exec(said) ?? [];
  if (code !== undefined) return { id: "lost", code };
  const ended = /^the container is ([a-z]+)(?:, exit code (-?\d+))?( \(killed: out of memory\))?$/.exec(said);
  if (ended === null) return null;
  const [, state = "", exit, memory] = ended;
  return { id: "ended", state, exit: exit === undefined ? null : Number(exit), memory: memory !== undefined };
}
