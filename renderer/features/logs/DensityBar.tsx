import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import type { LogFilter, LogHead } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useClient } from "../../client/hooks.ts";
import { bucketAt, type Density, pathsOf, shareOf } from "./density.ts";
import { clockOf } from "./line/times.ts";

/** A log that grows is looked at anew this often. */
const everyMs = 1000;
const mostBuckets = 200;

/** How many lines when, kept up as the log grows; null where no line has a time. */
export function useDensity(bufferId: string | null, filter: LogFilter | undefined, head: LogHead | null) {
  const client = useClient();
  const [density, setDensity] = useState<Density | null>(null);
  const key = JSON.stringify([bufferId, filter ?? null]);
  const moved = useRef<number | null>(null);
  const version = head === null ? 0 : head.next + head.rows.searchedTo + head.rows.next;
  const latest = useRef(version);
  latest.current = version;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the filter; a head asks only whether there is one
  useEffect(() => {
    if (bufferId === null || head === null) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | null = null;
    moved.current = null;
    const again = () => {
      timer = setTimeout(() => void look(), everyMs);
    };
    async function look(): Promise<void> {
      if (latest.current === moved.current || document.hidden) return again();
      moved.current = latest.current;
      const input = { bufferId: bufferId ?? "", buckets: mostBuckets, ...(filter === undefined ? {} : { filter }) };
      const found = await client.logs.density(input, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      if (found !== undefined) setDensity(found);
      again();
    }
    void look();
    return () => {
      stop.abort();
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, key, head === null]);
  return density;
}

type Props = {
  density: Density;
  marks: LogHead["marks"];
  /** Rows under the filter, or hits, are drawn apart from the lines. */
  narrowed: boolean;
  utc: boolean;
  /** The time of what is on view; null while the end is followed. */
  at: number | null;
  onGo: (at: number) => void;
};

/** Lines over time. A click or a drag goes there; with the keyboard it is a slider. */
export function DensityBar({ density, marks, narrowed, utc, at, onGo }: Props) {
  const { t, fmt } = useText();
  const ref = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<number | null>(null);
  const [dragging, setDragging] = useState(false);
  const paths = useMemo(() => pathsOf(density), [density]);
  const days = density.to - density.from > 86_400_000;
  const clock = (time: number) => clockOf(time, utc, days).time;
  const share = at === null ? 1 : shareOf(density, at);
  const tip = hover === null ? null : bucketAt(density, hover);

  function shareAt(event: PointerEvent): number {
    const box = ref.current?.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0;
  }
  const go = (where: number) => onGo(Math.round(density.from + where * (density.to - density.from)));
  function onKeyDown(event: KeyboardEvent): void {
    const count = density.buckets.length;
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -count / 10, PageDown: count / 10 };
    const step = steps[event.key];
    const target =
      event.key === "Home" ? 0 : event.key === "End" ? 1 : step === undefined ? null : share + step / count;
    if (target === null) return;
    event.preventDefault();
    event.stopPropagation();
    go(Math.min(1, Math.max(0, target)));
  }
  const words = (bucket: Density["buckets"][number]) =>
    [
      t("logs.lines", { count: bucket.lines }),
      narrowed && t("logs.fits", { count: bucket.rows }),
      bucket.error > 0 && `${t("level.error")} ${fmt.number(bucket.error)}`,
      bucket.warn > 0 && `${t("level.warn")} ${fmt.number(bucket.warn)}`,
    ].filter(Boolean);
  const here = bucketAt(density, share);

  return (
    <div className="density">
      <span className="muted">{clock(density.from)}</span>
      <div
        ref={ref}
        className="density-bar"
        role="slider"
        tabIndex={0}
        aria-label={t("logs.density")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={[clock(at ?? density.to), ...(here ? words(here.bucket) : [])].join(", ")}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragging(true);
          go(shareAt(event));
        }}
        onPointerMove={(event) => {
          setHover(shareAt(event));
          if (dragging) go(shareAt(event));
        }}
        onPointerUp={() => setDragging(false)}
        onPointerCancel={() => setDragging(false)}
        onPointerLeave={() => setHover(null)}
      >
        <svg viewBox={`0 0 ${density.buckets.length} 1`} preserveAspectRatio="none" aria-hidden="true">
          <path className="lines" d={paths.lines} />
          {narrowed && <path className="rows" d={paths.rows} />}
          <path className="warn" d={paths.warn} />
          <path className="error" d={paths.error} />
        </svg>
        {marks.map((mark) =>
          mark.at === null ? null : (
            <span key={mark.index} className="density-mark" style={{ left: `${shareOf(density, mark.at) * 100}%` }} />
          ),
        )}
        <span className={at === null ? "density-eye live" : "density-eye"} style={{ left: `${share * 100}%` }} />
        {tip && hover !== null && (
          <span className={hover > 0.5 ? "density-tip left" : "density-tip"} style={{ left: `${hover * 100}%` }}>
            <strong>{clock(tip.bucket.at)}</strong>
            {words(tip.bucket).join(" · ")}
          </span>
        )}
      </div>
      <span className="muted">{clock(density.to)}</span>
    </div>
  );
}
