import { type RefObject, useEffect, useRef } from "react";
import { isTyping } from "../../ui/SearchBox.tsx";
import { type LogCommand, logCommandOf } from "./keys.ts";

type Options = {
  root: RefObject<HTMLElement | null>;
  /** Keys are heard wherever the focus is, and not inside the view alone. */
  everywhere: boolean;
  run: (command: LogCommand) => void;
  /** Closes what is open; false when nothing was. */
  escape: () => boolean;
};

/** The keys of a log. What has keys of its own keeps them: fields, buttons, lists, what scrolls beside the rows. */
export function useLogKeys(options: Options): void {
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    const element = latest.current.root.current;
    function onKey(event: KeyboardEvent): void {
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (event.defaultPrevented || document.querySelector("dialog.modal[open], .popover")) return;
      if (event.key === "Escape") {
        // Before a drawer around the view hears of it.
        if (isTyping(target) || !latest.current.escape()) return;
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      const command = logCommandOf(event);
      if (command === null || isTyping(target) || keepsKeys(target, command)) return;
      event.preventDefault();
      latest.current.run(command);
    }
    function onPage(event: KeyboardEvent): void {
      const { target } = event;
      const nowhere = target === document.body || (target instanceof HTMLElement && target.id === "main");
      if (latest.current.everywhere && nowhere) onKey(event);
    }
    element?.addEventListener("keydown", onKey);
    window.addEventListener("keydown", onPage);
    return () => {
      element?.removeEventListener("keydown", onKey);
      window.removeEventListener("keydown", onPage);
    };
  }, []);
}

function keepsKeys(target: HTMLElement | null, command: LogCommand): boolean {
  if (command.kind === "open") return target?.closest("button, a, summary, label, input, [role=slider]") !== null;
  const scrolls = command.kind === "move" || command.kind === "page" || command.kind === "edge";
  return scrolls && target?.closest(".log-side, .popover, [role=slider], [role=radiogroup]") !== null;
}
