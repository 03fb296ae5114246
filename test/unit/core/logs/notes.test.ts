import { expect, it } from "vitest";
import { type LogNote, readNote, writeNote } from "../../../../electron/contract/index.ts";

const notes: LogNote[] = [
  { id: "back" },
  { id: "gap" },
  { id: "again" },
  { id: "removed" },
  { id: "rotated" },
  { id: "replaced" },
  { id: "truncated" },
  { id: "gone" },
  { id: "unreadable" },
  { id: "lost", code: "HOST_OFFLINE" },
  { id: "ended", state: "exited", exit: 137, memory: true },
  { id: "ended", state: "exited", exit: 0, memory: false },
  { id: "ended", state: "created", exit: null, memory: false },
];

it.each(notes.map((note) => [writeNote(note), note] as const))("%s is read back", (text, note) => {
  expect(readNote(text)).toEqual(note);
});

it.each([
  "",
  "--- ---",
  "connected again, nothing lost",
  "--- connection lost (nobody), trying again ---",
  "--- x ---",
])("%s is no note", (text) => {
  expect(readNote(text)).toBeNull();
});
