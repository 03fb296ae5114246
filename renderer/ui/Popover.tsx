import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Button } from "./Button.tsx";

type PopoverProps = {
  /** What the button is called; `face` is what it shows. */
  label: string;
  face: ReactNode;
  small?: boolean;
  /** The side of the button that the panel keeps to. */
  align?: "left" | "right";
  children: ReactNode;
};

/** A button and a small panel below it. Esc and a press elsewhere close it; the focus goes back to the button. */
export function Popover({ label, face, small, align = "right", children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const ref = useRef<HTMLDivElement>(null);
  const panelId = useId();
  useEffect(() => {
    if (!open) return;
    const away = (event: PointerEvent | FocusEvent) => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) setOpen(false);
    };
    window.addEventListener("pointerdown", away);
    window.addEventListener("focusin", away);
    return () => {
      window.removeEventListener("pointerdown", away);
      window.removeEventListener("focusin", away);
    };
  }, [open]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc closes from anywhere inside
    <div
      ref={ref}
      className="popover-place"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.preventDefault();
        event.stopPropagation();
        setOpen(false);
        ref.current?.querySelector("button")?.focus();
      }}
    >
      <Button
        look="quiet"
        small={small ?? false}
        title={label}
        aria-label={label}
        aria-expanded={open}
        aria-controls={open ? panelId : undefined}
        onClick={() => setOpen(!open)}
      >
        {face}
      </Button>
      {open && (
        <fieldset id={panelId} className={`popover ${align}`} aria-label={label}>
          {children}
        </fieldset>
      )}
    </div>
  );
}
