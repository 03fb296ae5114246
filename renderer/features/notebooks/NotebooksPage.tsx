import { NotebookPen, Plus, RefreshCw } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { inScope, useScope } from "../../app/scope.tsx";
import { Button, DataTable, Empty, matcher, SearchBox, Skeleton } from "../../ui/index.ts";
import { isProduction, ProblemBanner } from "../common/index.ts";
import { notebookColumns } from "./columns.tsx";
import { NotebookDrawer } from "./NotebookDrawer.tsx";
import { StartDialog } from "./StartDialog.tsx";
import { nameOf, useNotebooks } from "./useNotebooks.ts";

export function NotebooksPage({ notebookId, dialog }: { notebookId: string | null; dialog: string | null }) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const { scope } = useScope();
  const [filter, setFilter] = useState("");
  const { rows, look, anyHost } = useNotebooks();
  const [problem, setProblem] = useState<Problem | null>(null);
  const said = problem ?? look.problem;
  const shown = useMemo(() => {
    const fits = matcher(filter);
    return (rows ?? []).filter(
      (row) =>
        inScope(scope, { environment: row.host?.environment ?? "", hostId: row.hostId }) &&
        fits(nameOf(row), row.folder, row.host?.name, row.place.kind === "container" ? row.place.name : ""),
    );
  }, [rows, filter, scope]);
  const open = rows?.find((row) => row.id === notebookId);
  const start = () => go("/notebooks/-/start");

  return (
    <>
      <section className="list">
        <header className="list-head">
          <h1>{t("section.notebooks")}</h1>
          {rows && <span className="muted">{t("common.count", { shown: shown.length, total: rows.length })}</span>}
          <div className="row wrap spread">
            <Button
              icon={<RefreshCw size={14} />}
              busy={look.busy}
              disabled={!anyHost}
              onClick={() => {
                setProblem(null);
                void look.run();
              }}
            >
              {t("notebooks.refresh")}
            </Button>
            <SearchBox label={t("notebooks.filter")} value={filter} onChange={setFilter} />
            <Button look="primary" icon={<Plus size={14} />} disabled={!anyHost} onClick={start}>
              {t("notebooks.start")}
            </Button>
          </div>
        </header>
        {said && (
          <div className="banners">
            <ProblemBanner problem={said} />
          </div>
        )}
        {!rows ? (
          <Skeleton label={t("common.loading")} />
        ) : shown.length > 0 ? (
          <DataTable
            label={t("section.notebooks")}
            rows={shown}
            columns={notebookColumns(text, setProblem)}
            rowId={(row) => row.id}
            selected={notebookId}
            production={(row) => isProduction(row.host?.environment)}
            onOpen={(row) => go(`/notebooks/${encodeURIComponent(row.id)}`)}
          />
        ) : rows.length > 0 ? (
          <Empty title={t("common.noMatch")}>{t("common.noMatchHint")}</Empty>
        ) : (
          <Empty
            icon={<NotebookPen size={26} />}
            title={t("notebooks.none")}
            actions={
              anyHost ? (
                <Button look="primary" icon={<Plus size={14} />} onClick={start}>
                  {t("notebooks.start")}
                </Button>
              ) : (
                <Button onClick={() => go("/fleet")}>{t("section.fleet")}</Button>
              )
            }
          >
            {t("notebooks.noneHint")} {!anyHost && t("notebooks.noHost")}
          </Empty>
        )}
      </section>
      {open && <NotebookDrawer key={open.id} row={open} onClose={() => go("/notebooks")} />}
      {dialog === "start" && <StartDialog onClose={() => go("/notebooks")} />}
    </>
  );
}
