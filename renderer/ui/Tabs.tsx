import { type KeyboardEvent, type ReactNode, useId } from "react";

export type Tab<V extends string> = { value: V; label: string; mark?: ReactNode };

type TabsProps<V extends string> = {
  label: string;
  value: V;
  tabs: readonly Tab<V>[];
  onChange: (value: V) => void;
};

/** A row of tabs; arrow keys move, as screen readers expect. */
export function Tabs<V extends string>({ label, value, tabs, onChange }: TabsProps<V>) {
  const group = useId();
  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.value === value);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    onChange(next.value);
    document.getElementById(`${group}-${next.value}`)?.focus();
  }
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button
          key={tab.value}
          id={`${group}-${tab.value}`}
          type="button"
          role="tab"
          aria-selected={tab.value === value}
          tabIndex={tab.value === value ? 0 : -1}
          onClick={() => onChange(tab.value)}
        >
          {tab.label}
          {tab.mark}
        </button>
      ))}
    </div>
  );
}
