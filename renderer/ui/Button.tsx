import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

export type ButtonLook = "normal" | "primary" | "danger" | "danger-quiet" | "quiet" | "link";

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type"> & {
  look?: ButtonLook;
  small?: boolean;
  /** Something runs: the button shows it and cannot be pressed. */
  busy?: boolean;
  submit?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
};

function classOf(look: ButtonLook, ...more: (string | false | undefined)[]): string {
  return ["btn", look !== "normal" && look, ...more].filter(Boolean).join(" ");
}

export function Button({ look = "normal", small, busy, submit, icon, className, children, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={submit ? "submit" : "button"}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={classOf(look, small && "small", className)}
    >
      {busy ? <span className="spinner" /> : icon}
      {children}
    </button>
  );
}

/** A button that shows a picture alone; `label` is its name and its tooltip. */
export function IconButton({
  label,
  shortcut,
  look = "quiet",
  small,
  className,
  children,
  ...rest
}: ButtonProps & { label: string; shortcut?: string }) {
  return (
    <button
      {...rest}
      type="button"
      aria-label={label}
      title={shortcut ? `${label} (${shortcut})` : label}
      className={classOf(look, "icon", small && "small", className)}
    >
      {children}
    </button>
  );
}
