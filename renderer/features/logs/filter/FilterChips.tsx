import { X } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { FieldFilter } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { Button } from "../../../ui/index.ts";
import { FieldDialog } from "./FieldDialog.tsx";
import { cleared, isNarrowed, type Query, toggled, withField } from "./query.ts";

type Props = { query: Query; names: readonly string[]; counts: ReactNode; onQuery: (query: Query) => void };

/** What hides lines at the moment: each is taken away with one click, and all of them with one. */
export function FilterChips({ query, names, counts, onQuery }: Props) {
  const { t } = useText();
  const [editing, setEditing] = useState<FieldFilter | null>(null);
  if (!isNarrowed(query)) return null;
  const without = (field: FieldFilter) => query.fields.filter((one) => one !== field);
  return (
    <section className="log-chips" aria-label={t("logs.active")}>
      {counts}
      {query.mode === "filter" && query.text !== "" && (
        <ActiveChip onDrop={() => onQuery({ ...query, text: "" })}>
          {query.regex ? `/${query.text}/` : `“${query.text}”`}
        </ActiveChip>
      )}
      {query.levels.map((level) => (
        <ActiveChip key={level} onDrop={() => onQuery({ ...query, levels: toggled(query.levels, level) })}>
          {t(`level.${level}`)}
        </ActiveChip>
      ))}
      {query.sources.map((source) => (
        <ActiveChip key={source} onDrop={() => onQuery({ ...query, sources: toggled(query.sources, source) })}>
          {names[source] ?? String(source)}
        </ActiveChip>
      ))}
      {query.fields.map((field) => (
        <ActiveChip
          key={JSON.stringify(field)}
          onEdit={() => setEditing(field)}
          onDrop={() => onQuery({ ...query, fields: without(field) })}
        >
          <span className="mono">
            {field.path} {t(`logs.op.${field.op}`)} {field.op === "exists" ? "" : field.value}
          </span>
        </ActiveChip>
      ))}
      {query.requestId !== null && (
        <ActiveChip onDrop={() => onQuery({ ...query, requestId: null })}>
          {t("logs.request")} <span className="mono">{query.requestId}</span>
        </ActiveChip>
      )}
      <Button small look="link" onClick={() => onQuery(cleared(query))}>
        {t("logs.clear")}
      </Button>
      {editing && (
        <FieldDialog
          field={editing}
          onClose={() => setEditing(null)}
          onSet={(field) => onQuery(withField({ ...query, fields: without(editing) }, field))}
        />
      )}
    </section>
  );
}

function ActiveChip(props: { children: ReactNode; onDrop: () => void; onEdit?: () => void }) {
  const { t } = useText();
  return (
    <span className="chip square tone-accent log-chip">
      {props.onEdit ? (
        <button type="button" className="log-chip-text" title={t("common.edit")} onClick={props.onEdit}>
          {props.children}
        </button>
      ) : (
        <span className="log-chip-text">{props.children}</span>
      )}
      <button type="button" className="log-chip-drop" aria-label={t("logs.drop")} onClick={props.onDrop}>
        <X size={12} aria-hidden="true" />
      </button>
    </span>
  );
}
