import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "./Button.tsx";

type DialogProps = {
  title: ReactNode;
  closeLabel: string;
  size?: "narrow" | "normal" | "wide";
  production?: boolean;
  /** Something beside the title: a chip. */
  mark?: ReactNode;
  foot?: ReactNode;
  children: ReactNode;
  onClose: () => void;
  onSubmit?: () => void;
};

/** A modal over everything: the browser keeps the focus inside and gives it back. Esc closes. */
export function Dialog(props: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const closeRef = useRef(props.onClose);
  closeRef.current = props.onClose;

  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  const size = props.size && props.size !== "normal" ? ` ${props.size}` : "";
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      className={`modal${size}${props.production ? " production" : ""}`}
      onCancel={(event) => {
        event.preventDefault();
        event.stopPropagation();
        closeRef.current();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <form
        className="modal-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          props.onSubmit?.();
        }}
      >
        <header className="modal-head">
          <h2 id={titleId}>{props.title}</h2>
          {props.mark}
          <IconButton label={props.closeLabel} shortcut="Esc" onClick={props.onClose}>
            <X size={16} />
          </IconButton>
        </header>
        <div className="modal-body">{props.children}</div>
        {props.foot && <footer className="modal-foot">{props.foot}</footer>}
      </form>
    </dialog>
  );
}
