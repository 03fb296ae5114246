import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "./Button.tsx";

type DrawerProps = {
  title: ReactNode;
  closeLabel: string;
  marks?: ReactNode;
  /** A line of state below the title. */
  under?: ReactNode;
  actions?: ReactNode;
  tabs?: ReactNode;
  production?: boolean;
  flush?: boolean;
  /** The drawer takes the focus anew when this changes. */
  subject: string;
  children: ReactNode;
  onClose: () => void;
};

/** Detail beside a list that stays usable. It takes the focus, Esc closes it, and the focus goes back. */
export function Drawer(props: DrawerProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const before = useRef<HTMLElement | null>(null);
  const titleId = useId();

  useEffect(() => {
    if (document.activeElement instanceof HTMLElement) before.current = document.activeElement;
    return () => {
      if (before.current?.isConnected) before.current.focus();
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another subject is a new drawer to whoever reads it
  useEffect(() => {
    ref.current?.focus({ preventScroll: true });
  }, [props.subject]);

  return (
    <dialog
      ref={ref}
      open
      tabIndex={-1}
      aria-labelledby={titleId}
      className={props.production ? "drawer production" : "drawer"}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        props.onClose();
      }}
    >
      <header className={props.tabs ? "drawer-head bare" : "drawer-head"}>
        <div className="row">
          <h2 id={titleId} className="truncate">
            {props.title}
          </h2>
          {props.marks}
          <IconButton className="spread" label={props.closeLabel} shortcut="Esc" onClick={props.onClose}>
            <X size={16} />
          </IconButton>
        </div>
        {props.under}
        {props.actions && <div className="row wrap">{props.actions}</div>}
      </header>
      {props.tabs}
      <div className={props.flush ? "drawer-body flush" : "drawer-body"}>{props.children}</div>
    </dialog>
  );
}
