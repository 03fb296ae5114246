import { type InputHTMLAttributes, type KeyboardEvent, type ReactNode, type SelectHTMLAttributes, useId } from "react";

type FieldProps = {
  label: string;
  hint?: ReactNode;
  /** What is wrong with the value; shown in place of the hint. */
  complaint?: string | null | undefined;
  children: (ids: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean }) => ReactNode;
};

/** A label, a control, and a hint or a complaint below it, tied together for screen readers. */
export function Field({ label, hint, complaint, children }: FieldProps) {
  const id = useId();
  const note = complaint ?? hint;
  const noteId = `${id}-note`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": note ? noteId : undefined, "aria-invalid": Boolean(complaint) })}
      {note && (
        <div id={noteId} className={complaint ? "complaint" : "hint"}>
          {note}
        </div>
      )}
    </div>
  );
}

type TextProps = Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value"> & {
  label: string;
  hint?: ReactNode;
  complaint?: string | null | undefined;
  value: string;
  unit?: string;
  mono?: boolean;
  onChange: (value: string) => void;
};

export function TextField({ label, hint, complaint, unit, mono, onChange, ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint} complaint={complaint}>
      {(ids) => {
        const input = (
          <input
            autoComplete="off"
            spellCheck={false}
            {...rest}
            {...ids}
            className={mono ? "input mono" : "input"}
            onChange={(event) => onChange(event.target.value)}
          />
        );
        if (!unit) return input;
        return (
          <div className="with-unit">
            {input}
            <span className="unit">{unit}</span>
          </div>
        );
      }}
    </Field>
  );
}

export type Option<V extends string = string> = { value: V; label: string; disabled?: boolean };

type SelectProps<V extends string> = Omit<SelectHTMLAttributes<HTMLSelectElement>, "onChange" | "value"> & {
  label: string;
  hint?: ReactNode;
  complaint?: string | null | undefined;
  value: V;
  options: readonly Option<V>[];
  onChange: (value: V) => void;
};

export function SelectField<V extends string>({
  label,
  hint,
  complaint,
  value,
  options,
  onChange,
  ...rest
}: SelectProps<V>) {
  return (
    <Field label={label} hint={hint} complaint={complaint}>
      {(ids) => <Select {...rest} {...ids} value={value} options={options} onChange={onChange} />}
    </Field>
  );
}

type BareSelectProps<V extends string> = Omit<SelectProps<V>, "label" | "hint" | "complaint">;

export function Select<V extends string>({ value, options, onChange, className, ...rest }: BareSelectProps<V>) {
  return (
    <select
      {...rest}
      className={className ? `select ${className}` : "select"}
      value={value}
      onChange={(event) => {
        const chosen = options.find((option) => option.value === event.target.value);
        if (chosen) onChange(chosen.value);
      }}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value} disabled={option.disabled}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

type CheckProps = {
  label: ReactNode;
  hint?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  /** Takes the focus when its dialog opens. */
  autofocus?: boolean;
  onChange: (checked: boolean) => void;
};

export function Checkbox({ label, hint, checked, disabled, autofocus, onChange }: CheckProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        data-autofocus={autofocus || undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {label}
        {hint && <span className="hint">{hint}</span>}
      </span>
    </label>
  );
}

const radioSteps: ReadonlyMap<string, number> = new Map([
  ["ArrowRight", 1],
  ["ArrowDown", 1],
  ["ArrowLeft", -1],
  ["ArrowUp", -1],
]);

/** A few choices side by side, one of them taken; arrow keys move, as in every group of radio buttons. */
export function Segmented<V extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: V;
  options: readonly Option<V>[];
  onChange: (value: V) => void;
}) {
  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const step = radioSteps.get(event.key);
    if (step === undefined) return;
    event.preventDefault();
    const open = options.filter((option) => !option.disabled);
    const at = open.findIndex((option) => option.value === value);
    const next = open[(at + step + open.length) % open.length];
    if (!next) return;
    onChange(next.value);
    event.currentTarget.querySelectorAll("button")[options.indexOf(next)]?.focus();
  }
  return (
    <div className="segmented" role="radiogroup" aria-label={label} onKeyDown={onKeyDown}>
      {options.map((option) => (
        // biome-ignore lint/a11y/useSemanticElements: a button inside a segmented control looks and moves like one
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          disabled={option.disabled}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
