import { useQuery } from "@tanstack/react-query";
import { Bookmark, BookmarkX, Equal, EqualNot, Link2, ListFilter, ListTree, SlidersHorizontal } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { AccessRecord, FieldFilter, LogLine } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { useApi } from "../../../client/hooks.ts";
import { toProblem } from "../../../client/problem.ts";
import { Button, CopyButton, Facts, IconButton, Skeleton } from "../../../ui/index.ts";
import { ProblemBanner } from "../../common/index.ts";
import type { Place } from "../route.ts";
import { Pieces } from "../rows/Row.tsx";
import type { Finder } from "./pieces.ts";
import { statusTone } from "./summary.ts";
import { stampOf, zoneOf } from "./times.ts";

type Field = { path: string; value: string; kind: "text" | "number" | "truth" | "null" };

type Props = {
  bufferId: string;
  line: LogLine;
  names: readonly string[];
  utc: boolean;
  find: Finder | null;
  note: string | null;
  /** Some lines are hidden: there is a context to be shown. */
  narrowed: boolean;
  linkOf: (place: Place) => string;
  onMark: (note: string) => void;
  onUnmark: () => void;
  onContext: () => void;
  onField: (field: FieldFilter, ask: boolean) => void;
  onRequest: (requestId: string) => void;
  onGo: (line: LogLine) => void;
};

/** All that is known of one line: whole text, fields, the request it belongs to and that request's other lines. */
export function LineDetail(props: Props) {
  const { bufferId, line, names, utc } = props;
  const { t } = useText();
  const query = useQuery(
    useApi().logs.line.queryOptions({ input: { bufferId, index: line.index }, gcTime: 0, staleTime: 0 }),
  );
  const found = query.data;
  const text = found?.line.text ?? line.text;
  const data = found !== undefined && found.fields !== null && found.fields.length > 0;
  const copy = { doneLabel: t("common.copied") };
  const link = found && line.at !== null ? props.linkOf({ at: Math.floor(line.at), digest: found.digest }) : null;
  const levelWord = line.level && <span className={`level-${line.level}`}>{t(`level.${line.level}`)}</span>;
  const sourceWord = <span className={`log-source source-${line.source % 8}`}>{names[line.source]}</span>;
  const requestId = found?.access?.requestId ?? null;
  return (
    <>
      <div className="row wrap tight log-detail-acts">
        <CopyButton text={text} label={t("logs.copyLine")} {...copy} />
        {link === null ? (
          <Button small look="quiet" icon={<Link2 size={14} />} disabled title={t("logs.noPermalink")}>
            {t("logs.permalink")}
          </Button>
        ) : (
          <CopyButton text={link} label={t("logs.permalink")} {...copy} />
        )}
        {props.narrowed && (
          <Button
            small
            look="quiet"
            icon={<ListTree size={14} />}
            title={t("logs.contextHint")}
            onClick={props.onContext}
          >
            {t("logs.context")}
          </Button>
        )}
      </div>
      <MarkNote key={line.index} note={props.note} onMark={props.onMark} onUnmark={props.onUnmark} />
      <Facts
        rows={[
          [
            t("logs.time"),
            line.at === null ? t("logs.noTime") : `${stampOf(line.at, utc)} ${utc ? "UTC" : zoneOf(line.at)}`,
          ],
          line.level !== null && [t("logs.level"), levelWord],
          names.length > 1 && [t("logs.source"), sourceWord],
          [t("logs.stream"), t(`logs.stream.${line.stream}`)],
        ]}
      />
      {!data && <WholeText text={text} find={props.find} most={20_000} />}
      {query.error && <ProblemBanner tone="warn" problem={toProblem(query.error)} />}
      {query.isPending && <Skeleton label={t("common.loading")} rows={4} />}
      {found && found.parts.length > 0 && (
        <Part title={t("logs.parts", { count: found.parts.length })}>
          <pre className="log-whole">{found.parts.map(({ text }) => text).join("\n")}</pre>
        </Part>
      )}
      {found?.access && <Access access={found.access} />}
      {found?.fields && found.fields.length > 0 && <Fields fields={found.fields} onField={props.onField} />}
      {data && (
        <Part title={t("logs.raw")}>
          <WholeText text={text} find={props.find} most={2_000} />
        </Part>
      )}
      {requestId !== null && (
        <Related
          requestId={requestId}
          lines={found?.related ?? []}
          names={names}
          utc={utc}
          onRequest={props.onRequest}
          onGo={props.onGo}
        />
      )}
    </>
  );
}

function Part({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section className="stack tight">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** More of a text than `most` characters is drawn on demand. */
function WholeText({ text, find, most }: { text: string; find: Finder | null; most: number }) {
  const { t, fmt } = useText();
  const [whole, setWhole] = useState(false);
  const shown = whole ? text : text.slice(0, most);
  return (
    <div className="stack tight">
      <pre className="log-whole">
        <Pieces text={shown} find={find} />
      </pre>
      {shown.length < text.length && (
        <Button small onClick={() => setWhole(true)}>
          {t("logs.showAll", { left: fmt.number(text.length - shown.length) })}
        </Button>
      )}
    </div>
  );
}

function MarkNote({ note, onMark, onUnmark }: { note: string | null } & Pick<Props, "onMark" | "onUnmark">) {
  const { t } = useText();
  const [draft, setDraft] = useState(note ?? "");
  const save = () => draft.trim() !== note && onMark(draft.trim());
  if (note === null) {
    return (
      <div className="row">
        <Button small icon={<Bookmark size={14} />} onClick={() => onMark("")}>
          {t("logs.mark")}
        </Button>
      </div>
    );
  }
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <input
        className="input"
        aria-label={t("logs.note")}
        placeholder={t("logs.note")}
        maxLength={200}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={save}
      />
      <IconButton label={t("logs.unmark")} onClick={onUnmark}>
        <BookmarkX size={15} />
      </IconButton>
    </form>
  );
}

function Access({ access }: { access: AccessRecord }) {
  const { t, fmt } = useText();
  const said = (name: string, value: ReactNode) => value !== null && ([name, value] as const);
  return (
    <Part title={t("logs.access")}>
      <Facts
        rows={[
          said(t("logs.access.request"), [access.method, access.path].filter(Boolean).join(" ") || null),
          said(t("logs.access.status"), access.status === null ? null : <Status status={access.status} />),
          said(t("logs.access.took"), access.durationMs === null ? null : fmt.duration(access.durationMs)),
          said(t("logs.access.client"), access.client),
        ]}
      />
    </Part>
  );
}

function Status({ status }: { status: number }) {
  return <span className={`tone-${statusTone(status) ?? "ok"}`}>{status}</span>;
}

function Fields({ fields, onField }: { fields: readonly Field[]; onField: Props["onField"] }) {
  const { t } = useText();
  return (
    <Part title={t("logs.fields")}>
      <ul className="log-fields">
        {fields.map((field) => {
          // A filter's value is bounded, and so is its path; what is longer can be looked for by what it holds.
          const op = field.value.length > 200 ? "has" : "is";
          const filter = { path: field.path, op, value: field.value.slice(0, 200) } as const;
          const usable = field.path.length <= 200;
          return (
            <li key={field.path}>
              <button
                type="button"
                className="log-field"
                disabled={!usable}
                title={t("logs.field.only", { path: field.path })}
                onClick={() => onField(filter, false)}
              >
                <span className="path">{field.path}</span>
                <span className={`value kind-${field.kind}`}>{field.value.slice(0, 500)}</span>
                <Equal size={12} aria-hidden="true" />
              </button>
              <IconButton
                small
                disabled={!usable}
                label={t("logs.field.without", { path: field.path })}
                onClick={() => onField({ ...filter, op: "not" }, false)}
              >
                <EqualNot size={13} />
              </IconButton>
              <IconButton
                small
                disabled={!usable}
                label={t("logs.field.more", { path: field.path })}
                onClick={() => onField(filter, true)}
              >
                <SlidersHorizontal size={13} />
              </IconButton>
            </li>
          );
        })}
      </ul>
    </Part>
  );
}

type RelatedProps = Pick<Props, "names" | "utc" | "onRequest" | "onGo"> & {
  requestId: string;
  lines: readonly LogLine[];
};

function Related({ requestId, lines, names, utc, onRequest, onGo }: RelatedProps) {
  const { t } = useText();
  return (
    <Part
      title={
        <>
          {t("logs.request")} <span className="mono">{requestId}</span>
        </>
      }
    >
      <div className="row">
        <Button small icon={<ListFilter size={14} />} onClick={() => onRequest(requestId)}>
          {t("logs.allOfRequest")}
        </Button>
        <CopyButton text={requestId} label={t("logs.copyRequest")} doneLabel={t("common.copied")} />
      </div>
      {lines.length === 0 && <p className="muted">{t("logs.noRelated")}</p>}
      <ul className="log-related">
        {lines.map((line) => (
          <li key={line.index}>
            <button type="button" onClick={() => onGo(line)}>
              <span className="muted">{line.at === null ? "" : stampOf(line.at, utc).slice(11)}</span>
              {names.length > 1 && <span className={`log-source source-${line.source % 8}`}>{names[line.source]}</span>}
              <span className="truncate">{line.text.slice(0, 300)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Part>
  );
}
