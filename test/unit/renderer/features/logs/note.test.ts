import { expect, test } from "vitest";
import { type LogNote, writeNote } from "../../../../../electron/contract/index.ts";
import { en } from "../../../../../renderer/app/i18n/en.ts";
import { createText } from "../../../../../renderer/app/i18n/index.tsx";
import { ru } from "../../../../../renderer/app/i18n/ru.ts";
import { shownText } from "../../../../../renderer/features/logs/line/note.ts";

const line = { index: 0, row: 0, source: 0, at: null, level: null, folded: 0, part: false } as const;
const shown = (language: "en" | "ru", note: LogNote, stream: "note" | "stdout" = "note") =>
  shownText(createText(language, language === "en" ? en : ru), { ...line, stream, text: writeNote(note) });

test.each([
  [
    { id: "ended", state: "exited", exit: 137, memory: true },
    "— the container is stopped, exit code 137 (killed: out of memory) —",
    "— контейнер: остановлен, код выхода 137 (убит: не хватило памяти) —",
  ],
  [{ id: "ended", state: "odd", exit: null, memory: false }, "— the container is odd —", "— контейнер: odd —"],
  [
    { id: "lost", code: "HOST_OFFLINE" },
    "— connection lost (HOST_OFFLINE), trying again —",
    "— связь потеряна (HOST_OFFLINE), пробуем снова —",
  ],
  [{ id: "gone" }, "— the file is not there; waiting for it —", "— файла нет; ждём, пока он появится —"],
] as [LogNote, string, string][])("%j", (note, english, russian) => {
  expect([shown("en", note), shown("ru", note)]).toEqual([english, russian]);
});

test("what a container prints is never taken for a note", () => {
  expect(shown("ru", { id: "back" }, "stdout")).toBe("--- connected again, nothing lost ---");
});
