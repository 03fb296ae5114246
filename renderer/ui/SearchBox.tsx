import { Search } from "lucide-react";
import { useEffect, useRef } from "react";

/** The filter of a page; `/` brings the focus here from anywhere that is no field, Esc empties it. */
export function SearchBox(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Only one box of a page listens to the key. */
  slash?: boolean;
}) {
  const ref = useRef<HTMLInputElement>(null);
  const slash = props.slash ?? true;
  useEffect(() => {
    if (!slash) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.code !== "Slash" || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.defaultPrevented || isTyping(event.target) || document.querySelector("dialog.modal[open]")) return;
      event.preventDefault();
      ref.current?.focus();
      ref.current?.select();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [slash]);
  return (
    <div className="search-box">
      <Search size={14} aria-hidden="true" />
      <input
        ref={ref}
        className="input"
        type="search"
        autoComplete="off"
        spellCheck={false}
        aria-label={props.label}
        placeholder={props.label}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || props.value === "") return;
          event.preventDefault();
          event.stopPropagation();
          props.onChange("");
        }}
      />
      {slash && (
        <span className="kbd" aria-hidden="true">
          /
        </span>
      )}
    </div>
  );
}

/** True where a letter key writes text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(target.type);
}
