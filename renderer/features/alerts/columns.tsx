import { Check, Info, RefreshCw } from "lucide-react";
import type { Alert } from "../../../electron/contract/index.ts";
import type { Text } from "../../app/i18n/index.tsx";
import { type Column, IconButton, State, type Tone } from "../../ui/index.ts";
import { EnvChip, SimulatedChip, Since } from "../common/index.ts";
import { nameOf, unwatchedOf, whatOf } from "./words.ts";

/** What can be done with an alert. */
export type AlertActs = {
  acknowledge: (id: string) => void;
  rotate: (secret: Alert["secret"]) => void;
  details: (id: string) => void;
};

export function toneOf({ state, severity }: Alert): Tone {
  return state === "over" ? "idle" : severity;
}

export function alertColumns(text: Text, { acknowledge, rotate, details }: AlertActs): Column<Alert>[] {
  const { t } = text;
  return [
    {
      id: "state",
      title: t("alerts.column.state"),
      width: "92px",
      priority: 1,
      sort: (row) => ["firing", "seen", "over"].indexOf(row.state),
      cell: (row) => <State tone={toneOf(row)} hollow={row.state !== "firing"} word={t(`alerts.state.${row.state}`)} />,
    },
    {
      id: "what",
      title: t("alerts.column.what"),
      width: "25%",
      priority: 1,
      sort: (row) => row.rule?.name ?? row.secret?.name ?? "",
      cell: (row) => (
        <span className="two-lines">
          <span className="strong truncate">{nameOf(text, row)}</span>
          <span className="muted truncate">
            {[row.rule && whatOf(text, row), unwatchedOf(text, row)].filter(Boolean).join(" · ")}
          </span>
        </span>
      ),
    },
    {
      id: "where",
      title: t("alerts.column.where"),
      width: "25%",
      priority: 1,
      sort: (row) => row.sourceName,
      cell: (row) => (
        <span className="two-lines">
          <span className="truncate" title={t("alerts.openLog", { name: row.sourceName })}>
            {row.sourceName}
          </span>
          <span className="row">
            <span className="muted truncate">{row.hostName}</span>
            {row.environment === "production" && <EnvChip environment={row.environment} />}
            {row.simulated && <SimulatedChip />}
          </span>
        </span>
      ),
    },
    {
      id: "since",
      title: t("alerts.column.since"),
      width: "88px",
      number: true,
      priority: 2,
      sort: (row) => -row.since,
      cell: (row) => <Since at={row.since} />,
    },
    {
      id: "sample",
      title: t("alerts.column.sample"),
      priority: 3,
      cell: (row) =>
        row.sample === null ? (
          <span className="muted">—</span>
        ) : (
          <code className="truncate" title={row.sample}>
            {row.sample}
          </code>
        ),
    },
    {
      id: "actions",
      title: t("common.actions"),
      quiet: true,
      width: "104px",
      priority: 1,
      cell: (row) => (
        <span className="row tight end">
          {row.secret && row.state !== "over" && (
            <IconButton
              small
              label={t("alerts.rotateOf", { name: row.secret.name })}
              onClick={(event) => {
                event.stopPropagation();
                rotate(row.secret);
              }}
            >
              <RefreshCw size={14} />
            </IconButton>
          )}
          {!row.noted && (
            <IconButton
              small
              label={t("alerts.acknowledgeOf", { name: row.rule?.name ?? row.sourceName })}
              onClick={(event) => {
                event.stopPropagation();
                acknowledge(row.id);
              }}
            >
              <Check size={14} />
            </IconButton>
          )}
          <IconButton
            small
            label={t("alerts.detailsOf", { name: nameOf(text, row) })}
            onClick={(event) => {
              event.stopPropagation();
              details(row.id);
            }}
          >
            <Info size={14} />
          </IconButton>
        </span>
      ),
    },
  ];
}
