import { useQuery } from "@tanstack/react-query";
import { BellPlus, Pencil, Plus, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { AlertRule, Problem } from "../../../electron/contract/index.ts";
import { type Text, useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { Button, type Column, DataTable, Dialog, Empty, IconButton, State, useToast } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import { RuleDialog } from "./RuleDialog.tsx";

type RuleRow = AlertRule & { reading: number; problem: Problem | null };
type Open = { kind: "edit" | "remove"; rule: AlertRule };

export function RulesTab({ rules, dialog }: { rules: RuleRow[]; dialog: string | null }) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const [open, setOpen] = useState<Open | null>(null);
  const hosts = useQuery(useApi().hosts.list.queryOptions()).data;
  const columns = useMemo(() => {
    const nameOf = (hostId: string) => hosts?.find(({ id }) => id === hostId)?.name ?? text.t("rules.hostGone");
    return ruleColumns(text, nameOf, setOpen);
  }, [text, hosts]);
  const close = () => setOpen(null);
  const troubled = rules.find(({ problem }) => problem !== null)?.problem;
  return (
    <>
      {troubled && (
        <div className="banners">
          <ProblemBanner problem={troubled} tone="warn" />
        </div>
      )}
      {rules.length === 0 ? (
        <Empty
          icon={<BellPlus size={26} />}
          title={t("rules.none")}
          actions={
            <Button look="primary" icon={<Plus size={14} />} onClick={() => go("/alerts/rules/add")}>
              {t("rules.add")}
            </Button>
          }
        >
          {t("rules.noneHint")}
        </Empty>
      ) : (
        <DataTable
          label={t("alerts.tab.rules")}
          rows={rules}
          columns={columns}
          rowId={(row) => row.id}
          onOpen={(rule) => setOpen({ kind: "edit", rule })}
        />
      )}
      {dialog === "add" && <RuleDialog onClose={() => go("/alerts/rules")} />}
      {open?.kind === "edit" && <RuleDialog rule={open.rule} onClose={close} />}
      {open?.kind === "remove" && <RemoveRule rule={open.rule} onClose={close} />}
    </>
  );
}

/** When a rule fires, in words. */
export function conditionText({ t, fmt, maybe }: Pick<Text, "t" | "fmt" | "maybe">, { condition }: AlertRule): string {
  const time = fmt.duration(condition.seconds * 1000);
  if (condition.kind === "silence") return t("rules.silence", { time });
  if (condition.kind === "rate") return t("rules.rate", { count: condition.above, time });
  const { count, text = "none", regex = "none", level } = condition;
  return t("rules.pattern", { count, time, text, regex, level: maybe(`level.${level}`) ?? "none" });
}

function ruleColumns(text: Text, hostName: (hostId: string) => string, open: (what: Open) => void): Column<RuleRow>[] {
  const { t } = text;
  return [
    {
      id: "state",
      title: t("rules.column.state"),
      width: "96px",
      priority: 1,
      sort: (row) => Number(row.enabled),
      cell: (row) => (
        <State
          tone={!row.enabled ? "idle" : row.problem ? "warn" : "ok"}
          hollow={!row.enabled}
          word={t(row.enabled ? "rules.on" : "rules.off")}
        />
      ),
    },
    {
      id: "name",
      title: t("rules.column.name"),
      width: "22%",
      priority: 1,
      sort: (row) => row.name,
      cell: (row) => <span className={`strong truncate tone-${row.severity}`}>{row.name}</span>,
    },
    {
      id: "condition",
      title: t("rules.column.condition"),
      priority: 1,
      cell: (row) => {
        const words = conditionText(text, row);
        return (
          <span className="truncate" title={words}>
            {words}
          </span>
        );
      },
    },
    {
      id: "scope",
      title: t("rules.column.scope"),
      width: "26%",
      priority: 2,
      cell: ({ scope, reading, enabled }) => (
        <span className="two-lines">
          <span className="truncate">
            {t("rules.scope", {
              environment: scope.environment ?? "any",
              host: scope.hostId === undefined ? "any" : hostName(scope.hostId),
              container: scope.container ?? "any",
            })}
          </span>
          {enabled && <span className="muted truncate">{t("rules.reading", { count: reading })}</span>}
        </span>
      ),
    },
    {
      id: "actions",
      title: t("common.actions"),
      quiet: true,
      width: "76px",
      priority: 1,
      cell: (row) => (
        <span className="row tight end">
          <IconButton
            small
            label={t("rules.editOf", { name: row.name })}
            onClick={(event) => {
              event.stopPropagation();
              open({ kind: "edit", rule: row });
            }}
          >
            <Pencil size={14} />
          </IconButton>
          <IconButton
            small
            label={t("rules.removeOf", { name: row.name })}
            onClick={(event) => {
              event.stopPropagation();
              open({ kind: "remove", rule: row });
            }}
          >
            <Trash2 size={14} />
          </IconButton>
        </span>
      ),
    },
  ];
}

function RemoveRule({ rule, onClose }: { rule: AlertRule; onClose: () => void }) {
  const { t } = useText();
  const toast = useToast();
  const remove = useAction((client) => client.alerts.removeRule({ id: rule.id }));
  return (
    <Dialog
      title={t("rules.removeTitle")}
      size="narrow"
      closeLabel={t("common.close")}
      onClose={onClose}
      onSubmit={() =>
        void remove.run().then((done) => {
          if (!done) return;
          toast({ tone: "ok", text: t("rules.removed", { name: rule.name }) });
          onClose();
        })
      }
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button submit look="danger" busy={remove.busy}>
            {t("common.remove")}
          </Button>
        </>
      }
    >
      <p>{t("rules.removeText", { name: rule.name })}</p>
      {remove.problem && <ProblemBanner problem={remove.problem} />}
    </Dialog>
  );
}
