import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { AuditRowView } from "../../../electron/contract/index.ts";
import { type Text, useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import {
  Button,
  Chip,
  CodeBlock,
  type Column,
  DataTable,
  Drawer,
  Empty,
  Facts,
  SearchBox,
  Skeleton,
  State,
  type Tone,
} from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import { useDebounced } from "../launch/useDebounced.ts";
import { actionName } from "./actionName.ts";
import { KeyCard } from "./KeyCard.tsx";
import { VerifyReport } from "./VerifyReport.tsx";
import "./audit.css";

const pageSize = 200;

type Outcome = AuditRowView["outcome"];
const outcomes: readonly Outcome[] = ["success", "failure", "denied", "cancelled"];

const tones: Record<Outcome, Tone> = {
  intent: "idle",
  success: "ok",
  failure: "danger",
  denied: "danger",
  cancelled: "warn",
};

export function AuditPage({ item }: { item: string | null }) {
  const text = useText();
  const { t, fmt } = text;
  const [, go] = useLocation();
  const api = useApi();
  const [filter, setFilter] = useState("");
  const [only, setOnly] = useState<Outcome | "all">("all");
  const words = useDebounced(filter.trim(), 200);
  const query = useInfiniteQuery(
    api.audit.page.infiniteOptions({
      input: (before: number | undefined) => ({
        limit: pageSize,
        ...(before === undefined ? {} : { before }),
        ...(words ? { text: words } : {}),
        ...(only === "all" ? {} : { outcome: [only] }),
      }),
      initialPageParam: undefined as number | undefined,
      getNextPageParam: (last) => (last.more ? last.rows.at(-1)?.seq : undefined),
      placeholderData: keepPreviousData,
    }),
  );
  const verify = useVerify(item === "verify");
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  const columns = useMemo(() => auditColumns(text), [text]);
  const selected = rows.find((row) => String(row.seq) === item);

  return (
    <>
      <section className="list">
        <header className="list-head">
          <h1>{t("section.audit")}</h1>
          {query.data && (
            <span className="muted">
              {t("common.count", {
                shown: fmt.number(rows.length),
                total: fmt.number(query.data.pages[0]?.total ?? 0),
              })}
            </span>
          )}
          <div className="row spread">
            <select
              className="select auto"
              aria-label={t("audit.column.outcome")}
              value={only}
              onChange={(event) => setOnly(outcomes.find((one) => one === event.target.value) ?? "all")}
            >
              <option value="all">{t("audit.allOutcomes")}</option>
              {outcomes.map((outcome) => (
                <option key={outcome} value={outcome}>
                  {t(`outcome.${outcome}`)}
                </option>
              ))}
            </select>
            <SearchBox label={t("audit.filter")} value={filter} onChange={setFilter} />
            <Button icon={<ShieldCheck size={14} />} busy={verify.busy} onClick={() => void verify.run()}>
              {t("audit.verify")}
            </Button>
          </div>
        </header>
        {(verify.report || verify.problem) && (
          <div className="banners">
            {verify.report && <VerifyReport report={verify.report} />}
            {verify.problem && <ProblemBanner problem={verify.problem} />}
          </div>
        )}
        <KeyCard open={item === "key"} />
        {query.error && !query.data ? (
          <div className="page-body">
            <ProblemBanner problem={toProblem(query.error)} />
          </div>
        ) : query.isPending ? (
          <Skeleton label={t("common.loading")} />
        ) : rows.length === 0 ? (
          <Empty title={t(words || only !== "all" ? "common.noMatch" : "audit.none")}>
            {t(words || only !== "all" ? "common.noMatchHint" : "audit.noneHint")}
          </Empty>
        ) : (
          <DataTable
            label={t("section.audit")}
            rows={rows}
            columns={columns}
            rowId={(row) => String(row.seq)}
            selected={selected ? String(selected.seq) : null}
            faint={(row) => row.outcome === "intent"}
            onOpen={(row) => go(`/audit/${row.seq}`)}
          />
        )}
        {query.hasNextPage && (
          <div className="list-foot">
            <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t("audit.more")}
            </Button>
          </div>
        )}
      </section>
      {selected && <AuditDrawer row={selected} onClose={() => go("/audit")} />}
    </>
  );
}

/** `wanted`: the address asked for it (from the palette). */
function useVerify(wanted: boolean) {
  const [, go] = useLocation();
  const api = useAction((client) => client.audit.verify());
  const [report, setReport] = useState<Awaited<ReturnType<typeof api.run>> | null>(null);
  const run = async () => setReport((await api.run()) ?? null);
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (!wanted) return;
    go("/audit", { replace: true });
    void latest.current();
  }, [wanted, go]);
  return { run, report, busy: api.busy, problem: api.problem };
}

function auditColumns(text: Text): Column<AuditRowView>[] {
  const { t, fmt } = text;
  return [
    {
      id: "at",
      title: t("audit.column.at"),
      width: "168px",
      priority: 1,
      cell: (row) => <span className="mono secondary">{fmt.stamp(row.at)}</span>,
    },
    { id: "actor", title: t("audit.column.actor"), width: "7%", priority: 3, cell: (row) => row.actor },
    {
      id: "action",
      title: t("audit.column.action"),
      priority: 1,
      cell: (row) => (
        <span className="row">
          <span className="strong truncate">{actionName(text, row.action)}</span>
          {row.severity === "high" && (
            <span className="high" title={t("audit.high")} role="img" aria-label={t("audit.high")} />
          )}
        </span>
      ),
    },
    { id: "target", title: t("audit.column.target"), width: "16%", priority: 2, cell: (row) => row.target },
    {
      id: "operation",
      title: t("audit.column.operation"),
      width: "21%",
      priority: 3,
      cell: (row) => <span className="mono secondary">{`${row.method} ${row.path}`}</span>,
    },
    {
      id: "outcome",
      title: t("audit.column.outcome"),
      width: "124px",
      priority: 1,
      cell: (row) => (
        <State
          tone={tones[row.outcome]}
          hollow={row.outcome === "intent"}
          word={t(`outcome.${row.outcome}`)}
          title={row.errorCode ?? ""}
        />
      ),
    },
    {
      id: "duration",
      title: t("audit.column.duration"),
      width: "80px",
      number: true,
      priority: 3,
      cell: (row) => (row.outcome === "intent" ? "" : fmt.duration(row.durationMs)),
    },
  ];
}

function AuditDrawer({ row, onClose }: { row: AuditRowView; onClose: () => void }) {
  const text = useText();
  const { t, fmt, problem } = text;
  const copy = { label: t("common.copy"), doneLabel: t("common.copied") };
  return (
    <Drawer
      subject={String(row.seq)}
      title={actionName(text, row.action)}
      closeLabel={t("common.close")}
      marks={<Chip square>{t("audit.seq", { seq: row.seq })}</Chip>}
      under={<State tone={tones[row.outcome]} word={t(`outcome.${row.outcome}`)} since={fmt.dateTime(row.at)} />}
      onClose={onClose}
    >
      <Facts
        rows={[
          [t("audit.column.target"), row.target || "—"],
          [t("audit.column.actor"), row.actor],
          [t("audit.column.action"), <code key="action">{row.action}</code>],
          [t("audit.severity"), t(`audit.severity.${row.severity}`)],
          [t("audit.column.duration"), fmt.duration(row.durationMs)],
          row.errorCode !== null && [
            t("audit.error"),
            <div key="error">
              {problem({ code: row.errorCode, details: {} }).what} <code>{row.errorCode}</code>
            </div>,
          ],
          [t("audit.client"), row.clientIp],
          [t("audit.request"), <code key="request">{row.requestId}</code>],
          [t("audit.hash"), <code key="hash">{row.hash}</code>],
        ]}
      />
      <section className="stack tight">
        <h3>{t("audit.column.operation")}</h3>
        <CodeBlock
          wrap
          label={t("audit.column.operation")}
          copy={copy}
          text={`${row.method} ${row.path}${Object.keys(row.query).length > 0 ? `\n${JSON.stringify(row.query, null, 2)}` : ""}`}
        />
      </section>
    </Drawer>
  );
}
