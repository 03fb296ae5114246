import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";
import { type Sort, type SortValue, sortRows } from "./sort.ts";

export type Column<Row> = {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** What the column is sorted by; without it the column cannot be sorted. */
  sort?: (row: Row) => SortValue;
  /** A CSS width; columns without one share what is left. */
  width?: string;
  number?: boolean;
  /** The title is for screen readers alone. */
  quiet?: boolean;
  /** 1 stays to the last, 4 goes first when the table gets narrow. */
  priority?: 1 | 2 | 3 | 4;
};

type TableProps<Row> = {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowId: (row: Row) => string;
  selected?: string | null;
  initialSort?: Sort;
  production?: (row: Row) => boolean;
  /** Rows that matter less than the others. */
  faint?: (row: Row) => boolean;
  onOpen?: (row: Row) => void;
  /** Rows can be ticked: which are, and what a tick is called. */
  picks?: Picks<Row>;
};

export type Picks<Row> = {
  ids: ReadonlySet<string>;
  all: string;
  label: (row: Row) => string;
  onChange: (ids: ReadonlySet<string>) => void;
};

/** Rows above this number are drawn only where one looks. */
const virtualFrom = 120;
const rowHeight = 30;

/**
 * A dense table: sticky header, sort by header, arrow keys between rows, Enter opens. It drops columns by priority when
 * its own box gets narrow, so that it also works beside an open drawer.
 */
export function DataTable<Row>(props: TableProps<Row>) {
  const { rows, columns, rowId, selected, production, faint, onOpen, picks } = props;
  const [sort, setSort] = useState<Sort | null>(props.initialSort ?? null);
  const scroller = useRef<HTMLDivElement>(null);
  const sorted = useMemo(() => {
    const by = sort && columns.find((column) => column.id === sort.id)?.sort;
    return sort && by ? sortRows(rows, by, sort.down) : rows;
  }, [rows, columns, sort]);

  const virtual = sorted.length > virtualFrom;
  const virtualizer = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    enabled: virtual,
  });
  const items = virtual ? virtualizer.getVirtualItems() : null;
  const before = items?.[0]?.start ?? 0;
  const after = items ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const shown = items ? items.map((item) => sorted[item.index]) : sorted;

  function turn(id: string): void {
    setSort((now) => {
      if (now?.id !== id) return { id, down: false };
      return now.down ? null : { id, down: true };
    });
  }

  return (
    <div className="table-wrap" ref={scroller}>
      <table className="table" aria-label={props.label} aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {picks && <PickAll rows={rows} rowId={rowId} picks={picks} />}
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={sort} onTurn={turn} />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={moveBetweenRows}>
          {before > 0 && <Filler height={before} />}
          {shown.map((row) => {
            if (row === undefined) return null;
            const id = rowId(row);
            return (
              <tr
                key={id}
                data-row={id}
                data-production={production?.(row) || undefined}
                data-faint={faint?.(row) || undefined}
                aria-selected={selected === undefined ? undefined : selected === id}
                tabIndex={onOpen ? 0 : undefined}
                onClick={() => onOpen?.(row)}
                onKeyDown={(event) => {
                  if (event.target !== event.currentTarget) return;
                  if (event.key === "Enter" || event.key === " ") {
                    event.preventDefault();
                    onOpen?.(row);
                  }
                }}
              >
                {picks && (
                  <td className="pick-cell">
                    <Tick
                      label={picks.label(row)}
                      checked={picks.ids.has(id)}
                      onChange={(on) => picks.onChange(toggled(picks.ids, [id], on))}
                    />
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.id} className={cellClass(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {after > 0 && <Filler height={after} />}
        </tbody>
      </table>
    </div>
  );
}

/** Ticks what is in the table now, or takes all ticks away; rows that a filter hides are never ticked by it. */
function PickAll<Row>(props: { rows: readonly Row[]; rowId: (row: Row) => string; picks: Picks<Row> }) {
  const { picks } = props;
  const ids = props.rows.map(props.rowId);
  const on = ids.length > 0 && ids.every((id) => picks.ids.has(id));
  return (
    <th scope="col" className="pick-cell">
      <Tick label={picks.all} checked={on} onChange={(checked) => picks.onChange(toggled(picks.ids, ids, checked))} />
    </th>
  );
}

function Tick(props: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <span className="check">
      <input
        type="checkbox"
        aria-label={props.label}
        checked={props.checked}
        onClick={(event) => event.stopPropagation()}
        onChange={(event) => props.onChange(event.target.checked)}
      />
    </span>
  );
}

function toggled(before: ReadonlySet<string>, ids: readonly string[], on: boolean): ReadonlySet<string> {
  const after = new Set(before);
  for (const id of ids) {
    if (on) after.add(id);
    else after.delete(id);
  }
  return after;
}

function cellClass<Row>(column: Column<Row>): string | undefined {
  return [column.number && "num", column.priority && `p${column.priority}`].filter(Boolean).join(" ") || undefined;
}

function HeadCell<Row>(props: { column: Column<Row>; sort: Sort | null; onTurn: (id: string) => void }) {
  const { column, sort, onTurn } = props;
  const active = sort?.id === column.id;
  const direction = sort?.down ? "descending" : "ascending";
  return (
    <th
      scope="col"
      className={cellClass(column)}
      style={column.width ? { width: column.width } : undefined}
      aria-sort={active ? direction : undefined}
    >
      {column.sort ? (
        <button type="button" onClick={() => onTurn(column.id)}>
          <span className="truncate">{column.title}</span>
          {active &&
            (sort.down ? <ArrowDown size={12} aria-hidden="true" /> : <ArrowUp size={12} aria-hidden="true" />)}
        </button>
      ) : (
        <span className={column.quiet ? "visually-hidden" : undefined}>{column.title}</span>
      )}
    </th>
  );
}

/** One cell alone: a wider one would bring back the columns that a narrow table has dropped. */
function Filler({ height }: { height: number }) {
  return (
    <tr className="filler">
      <td style={{ height }} />
    </tr>
  );
}

function moveBetweenRows(event: KeyboardEvent<HTMLTableSectionElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = event.target instanceof Element ? event.target.closest("tr") : null;
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  if (!(next instanceof HTMLElement) || !next.dataset.row) return;
  event.preventDefault();
  next.focus();
}
