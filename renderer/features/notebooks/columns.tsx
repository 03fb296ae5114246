import type { NotebookRow, Problem } from "../../../electron/contract/index.ts";
import type { Text } from "../../app/i18n/index.tsx";
import { Chip, type Column, State } from "../../ui/index.ts";
import { EnvChip, SeverityChip, SimulatedChip, Since } from "../common/index.ts";
import { Light } from "../tunnels/lights.tsx";
import { OpenButton } from "./OpenButton.tsx";
import { nameOf } from "./useNotebooks.ts";

export function notebookColumns({ t }: Text, onProblem: (problem: Problem) => void): Column<NotebookRow>[] {
  return [
    {
      id: "name",
      title: t("notebooks.column.name"),
      priority: 1,
      sort: nameOf,
      cell: (row) => (
        <span className="row" title={row.folder}>
          <span className="strong truncate">{nameOf(row)}</span>
          {row.place.kind === "container" && <span className="muted truncate">{row.place.name}</span>}
        </span>
      ),
    },
    {
      id: "light",
      title: t("notebooks.column.light"),
      width: "136px",
      priority: 1,
      sort: (row) => row.local?.state.light ?? "",
      cell: (row) => <NotebookLight row={row} t={t} />,
    },
    {
      id: "host",
      title: t("notebooks.column.host"),
      width: "150px",
      priority: 2,
      sort: (row) => row.host?.name ?? null,
      cell: (row) =>
        row.host && (
          <span className="row">
            <span className="truncate">{row.host.name}</span>
            {row.host.environment === "production" && <EnvChip environment={row.host.environment} />}
            {row.host.simulated && <SimulatedChip />}
          </span>
        ),
    },
    {
      id: "kernels",
      title: t("notebooks.column.kernels"),
      width: "104px",
      priority: 2,
      sort: (row) => row.activity?.kernels ?? null,
      cell: (row) => (
        <span className="row">
          <span className="num">{row.activity?.kernels ?? "—"}</span>
          {row.idle && (
            <Chip square tone="warn" title={t("notebooks.idleText", { count: row.activity?.kernels ?? 0 })}>
              {t("notebooks.idle")}
            </Chip>
          )}
        </span>
      ),
    },
    {
      id: "last",
      title: t("notebooks.column.last"),
      width: "130px",
      priority: 3,
      sort: (row) => row.activity?.lastAt ?? null,
      cell: (row) => (row.activity === null ? "—" : <Since ago at={row.activity.lastAt} />),
    },
    {
      id: "findings",
      title: t("notebooks.column.findings"),
      width: "104px",
      priority: 2,
      sort: (row) => row.findings.length,
      cell: (row) => {
        const [worst] = row.findings;
        if (worst === undefined) return <span className="muted">{t("notebooks.clean")}</span>;
        return (
          <span className="row" title={row.findings.map(({ id, at }) => t(`notebookFinding.${id}`, { at })).join("\n")}>
            <SeverityChip severity={worst.severity} />
            {row.findings.length > 1 && <span className="muted num">+{row.findings.length - 1}</span>}
          </span>
        );
      },
    },
    {
      id: "open",
      title: t("common.actions"),
      quiet: true,
      width: "112px",
      priority: 1,
      cell: (row) => (
        <span className="row tight end">
          <OpenButton row={row} onProblem={onProblem} />
        </span>
      ),
    },
  ];
}

export function NotebookLight({ row, t }: { row: NotebookRow; t: Text["t"] }) {
  if (row.local !== null) return <Light state={row.local.state} />;
  return <State tone="idle" hollow word={t(row.running ? "notebooks.closed" : "notebooks.gone")} />;
}
