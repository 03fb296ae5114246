import { useEffect, useRef } from "react";
import { isTyping } from "../ui/SearchBox.tsx";
import { type SectionInfo, sections } from "./sections.ts";

export type Command = { kind: "palette" } | { kind: "help" } | { kind: "section"; section: SectionInfo };

type Keys = Pick<KeyboardEvent, "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** What a key means, by its place on the keyboard and not by its letter, so that it works in every layout. */
export function commandOf(keys: Keys, typing: boolean, mac: boolean): Command | null {
  const main = mac ? keys.metaKey : keys.ctrlKey;
  const other = mac ? keys.ctrlKey : keys.metaKey;
  if (other || keys.altKey) return null;
  if (main && !keys.shiftKey && keys.code === "KeyK") return { kind: "palette" };
  const digit = /^Digit([1-9])$/.exec(keys.code)?.[1];
  // A browser keeps Ctrl+digit for its own tabs: the bare digit does the same where nothing is being typed.
  if (digit !== undefined && !keys.shiftKey && (main || !typing)) {
    const section = sections.find((candidate) => candidate.digit === Number(digit));
    return section ? { kind: "section", section } : null;
  }
  if (!main && !typing && keys.shiftKey && keys.code === "Slash") return { kind: "help" };
  return null;
}

export const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? "");
export const mainKey = isMac ? "⌘" : "Ctrl";

export function useShortcuts(run: (command: Command) => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandOf(event, isTyping(event.target), isMac);
      if (!command) return;
      // A question that is open comes first.
      if (document.querySelector("dialog.modal[open]")) return;
      event.preventDefault();
      latest.current(command);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
