import { X } from "lucide-react";
import { useState } from "react";
import type { FieldFilter, LogHead, LogLine } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { IconButton, Tabs } from "../../ui/index.ts";
import { FieldDialog } from "./filter/FieldDialog.tsx";
import { type Query, withField } from "./filter/query.ts";
import { LineDetail } from "./line/LineDetail.tsx";
import { MarkList } from "./line/MarkList.tsx";
import type { Finder } from "./line/pieces.ts";
import type { Place } from "./route.ts";

export type SideTab = "line" | "marks";

type Props = {
  bufferId: string;
  head: LogHead;
  tab: SideTab;
  line: LogLine | null;
  names: readonly string[];
  utc: boolean;
  find: Finder | null;
  narrowed: boolean;
  linkOf: (place: Place) => string;
  onTab: (tab: SideTab) => void;
  onClose: () => void;
  onMark: (index: number, note: string) => void;
  onUnmark: (index: number) => void;
  onContext: () => void;
  onQuery: (change: (query: Query) => Partial<Query>) => void;
  onGo: (index: number) => void;
};

/** Beside the rows: the chosen line, or the bookmarks. */
export function LogSide(props: Props) {
  const { head, line, tab, onQuery } = props;
  const { t } = useText();
  const [asking, setAsking] = useState<FieldFilter | null>(null);
  return (
    <aside className="log-side" aria-label={t(tab === "line" ? "logs.line" : "logs.marks")}>
      <header className="log-side-head">
        <Tabs
          label={t("logs.side")}
          value={tab}
          tabs={[
            { value: "line", label: t("logs.line") },
            {
              value: "marks",
              label: t("logs.marks"),
              mark: head.marks.length > 0 && <span className="count">{head.marks.length}</span>,
            },
          ]}
          onChange={props.onTab}
        />
        <IconButton label={t("common.close")} shortcut="Esc" onClick={props.onClose}>
          <X size={15} />
        </IconButton>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="log-side-body" tabIndex={0} aria-label={t(tab === "line" ? "logs.line" : "logs.marks")}>
        {tab === "marks" && (
          <MarkList
            marks={head.marks}
            first={head.first}
            utc={props.utc}
            onGo={props.onGo}
            onDrop={(index) => props.onUnmark(index)}
          />
        )}
        {tab === "line" && line === null && <p className="muted">{t("logs.noLine")}</p>}
        {tab === "line" && line !== null && (
          <LineDetail
            {...props}
            line={line}
            note={head.marks.find(({ index }) => index === line.index)?.note ?? null}
            onMark={(note) => props.onMark(line.index, note)}
            onUnmark={() => props.onUnmark(line.index)}
            onField={(field, ask) => (ask ? setAsking(field) : onQuery((query) => withField(query, field)))}
            onRequest={(requestId) => onQuery(() => ({ requestId }))}
            onGo={(related) => props.onGo(related.index)}
          />
        )}
      </section>
      {asking && (
        <FieldDialog
          field={asking}
          onClose={() => setAsking(null)}
          onSet={(field) => onQuery((query) => withField(query, field))}
        />
      )}
    </aside>
  );
}
