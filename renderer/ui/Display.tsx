import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

export type Tone = "ok" | "warn" | "danger" | "idle" | "accent";

/** A dot and a word, never the colour alone; `busy` pulses while something goes on. */
export function State({
  tone,
  word,
  since,
  busy,
  hollow,
  title,
}: {
  tone: Tone;
  word: string;
  since?: ReactNode;
  busy?: boolean;
  hollow?: boolean;
  title?: string;
}) {
  return (
    <span className={`state tone-${tone}`} title={title}>
      <span className={`dot${busy ? " busy" : ""}${hollow ? " hollow" : ""}`} aria-hidden="true" />
      <span className="word">{word}</span>
      {since !== undefined && <span className="muted truncate">{since}</span>}
    </span>
  );
}

export function Chip({
  tone,
  look,
  square,
  title,
  children,
}: {
  tone?: Tone;
  look?: "production" | "simulated";
  square?: boolean;
  title?: string;
  children: ReactNode;
}) {
  const kind = [look, tone && `tone-${tone}`, square && "square"].filter(Boolean).join(" ");
  return (
    <span className={`chip ${kind}`} title={title}>
      {children}
    </span>
  );
}

/** A small horizontal bar, 0 to 100; the number stands beside it in text. */
export function Bar({ value, tone = "accent", wide }: { value: number; tone?: Tone; wide?: boolean }) {
  const width = `${Math.max(0, Math.min(100, value))}%`;
  return (
    <span className={`bar tone-${tone}${wide ? " wide" : ""}`} aria-hidden="true">
      <span style={{ width }} />
    </span>
  );
}

const bannerIcons = { ok: CircleCheck, warn: TriangleAlert, danger: CircleAlert, idle: Info, accent: Info };

export function Banner({
  tone = "idle",
  title,
  actions,
  children,
}: {
  tone?: Tone;
  title?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}) {
  const Icon = bannerIcons[tone];
  return (
    <div className={`banner tone-${tone}`} role={tone === "danger" ? "alert" : "status"}>
      <Icon size={16} className={`tone-${tone}`} aria-hidden="true" />
      <div className="banner-text">
        {title && <div className="what">{title}</div>}
        {children}
      </div>
      {actions}
    </div>
  );
}

/** Why there is nothing, and what to do. */
export function Empty({
  icon,
  title,
  children,
  actions,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="empty">
      {icon}
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className="row wrap">{actions}</div>}
    </div>
  );
}

export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode] | null | false)[] }) {
  return (
    <dl className="facts">
      {rows.map(
        (row) =>
          row && (
            <div key={row[0]} style={{ display: "contents" }}>
              <dt>{row[0]}</dt>
              <dd>{row[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

export function Skeleton({ label, rows = 6 }: { label: string; rows?: number }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => `bar-${index}`).map((key) => (
        <span key={key} />
      ))}
    </div>
  );
}
