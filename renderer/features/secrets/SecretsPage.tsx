import { useQuery } from "@tanstack/react-query";
import { Eye, KeyRound, Plus, RefreshCw, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { SecretRow } from "../../../electron/contract/index.ts";
import { type Text, useText } from "../../app/i18n/index.tsx";
import { inScope, useScope } from "../../app/scope.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import {
  Button,
  Chip,
  type Column,
  DataTable,
  Empty,
  IconButton,
  matcher,
  SearchBox,
  Skeleton,
  useToast,
} from "../../ui/index.ts";
import { ConfirmByName, EnvChip, isProduction, ProblemBanner, Since } from "../common/index.ts";
import { KeychainPanel } from "./KeychainPanel.tsx";
import { PutSecretDialog } from "./PutSecretDialog.tsx";
import { RevealDialog } from "./RevealDialog.tsx";
import { WeakChip } from "./WeakChip.tsx";

type Open = { kind: "replace" | "reveal" | "remove"; row: SecretRow };

export function SecretsPage({ dialog }: { dialog: string | null }) {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const api = useApi();
  const { scope } = useScope();
  const [filter, setFilter] = useState("");
  const [open, setOpen] = useState<Open | null>(null);
  const keychain = useQuery(api.keychain.state.queryOptions()).data;
  const query = useQuery(api.secrets.list.queryOptions({ input: {} }));
  const rows = query.data;
  const shown = useMemo(() => {
    const fits = matcher(filter);
    return (rows ?? []).filter(
      (row) => inScope(scope, { environment: row.environment }) && fits(row.name, row.environment),
    );
  }, [rows, filter, scope]);
  const columns = useMemo(() => secretColumns(text, setOpen), [text]);
  const close = () => setOpen(null);
  return (
    <section className="list">
      <header className="list-head">
        <h1>{t("section.secrets")}</h1>
        {rows && <span className="muted">{t("common.count", { shown: shown.length, total: rows.length })}</span>}
        <div className="row spread">
          <SearchBox label={t("secrets.filter")} value={filter} onChange={setFilter} />
          <Button look="primary" icon={<Plus size={14} />} onClick={() => go("/secrets/add")}>
            {t("secrets.add")}
          </Button>
        </div>
      </header>
      <div className="banners">
        {keychain && <KeychainPanel state={keychain} />}
        {query.error && keychain && !keychain.locked && keychain.mode !== "unset" && (
          <ProblemBanner problem={toProblem(query.error)} />
        )}
      </div>
      {query.isPending ? (
        <Skeleton label={t("common.loading")} />
      ) : shown.length > 0 ? (
        <DataTable
          label={t("section.secrets")}
          rows={shown}
          columns={columns}
          rowId={(row) => `${row.environment}/${row.name}`}
          production={(row) => isProduction(row.environment)}
        />
      ) : (
        !query.error && <NoSecrets filtered={(rows?.length ?? 0) > 0} onAdd={() => go("/secrets/add")} />
      )}
      {dialog === "add" && <PutSecretDialog name="" onClose={() => go("/secrets")} />}
      {open?.kind === "replace" && (
        <PutSecretDialog replace name={open.row.name} environment={open.row.environment} onClose={close} />
      )}
      {open?.kind === "reveal" && <RevealDialog row={open.row} onClose={close} />}
      {open?.kind === "remove" && <RemoveSecret row={open.row} onClose={close} />}
    </section>
  );
}

function NoSecrets({ filtered, onAdd }: { filtered: boolean; onAdd: () => void }) {
  const { t } = useText();
  if (filtered) return <Empty title={t("common.noMatch")}>{t("common.noMatchHint")}</Empty>;
  return (
    <Empty
      icon={<KeyRound size={26} />}
      title={t("secrets.none")}
      actions={
        <Button look="primary" icon={<Plus size={14} />} onClick={onAdd}>
          {t("secrets.add")}
        </Button>
      }
    >
      {t("secrets.noneHint")}
    </Empty>
  );
}

function secretColumns({ t, fmt }: Text, open: (what: Open) => void): Column<SecretRow>[] {
  return [
    {
      id: "name",
      title: t("secrets.column.name"),
      width: "22%",
      priority: 1,
      sort: (row) => row.name,
      cell: (row) => (
        <span className="row">
          <code className="truncate strong">{row.name}</code>
          {row.weak && <WeakChip />}
        </span>
      ),
    },
    {
      id: "environment",
      title: t("fleet.column.environment"),
      width: "132px",
      priority: 1,
      sort: (row) => row.environment,
      cell: (row) => <EnvChip environment={row.environment} />,
    },
    {
      id: "version",
      title: t("secrets.column.version"),
      width: "80px",
      number: true,
      priority: 3,
      sort: (row) => row.version,
      cell: (row) => t("secrets.version", { version: row.version }),
    },
    {
      id: "age",
      title: t("secrets.column.age"),
      width: "96px",
      number: true,
      priority: 2,
      sort: (row) => (row.updatedAt === null ? null : -row.updatedAt),
      cell: (row) => (row.updatedAt === null ? <span className="muted">—</span> : <Since at={row.updatedAt} />),
    },
    {
      id: "store",
      title: t("secrets.column.store"),
      width: "150px",
      priority: 3,
      sort: (row) => row.store,
      cell: (row) => <span title={t(`store.${row.store}.text`)}>{t(`store.${row.store}`)}</span>,
    },
    {
      id: "used",
      title: t("secrets.column.used"),
      priority: 2,
      sort: (row) => row.usedBy.length,
      cell: (row) => {
        if (row.usedBy.length === 0) return <span className="muted">{t("secrets.unused")}</span>;
        const old = row.usedBy.filter((use) => !use.current).length;
        return (
          <span
            className="row"
            title={row.usedBy.map((use) => `${use.containerName} (${use.hostName}) v${use.version}`).join("\n")}
          >
            <span className="truncate">{fmt.list(row.usedBy.map((use) => use.containerName))}</span>
            {old > 0 && (
              <Chip square tone="warn">
                {t("secrets.outdatedCount", { count: old })}
              </Chip>
            )}
          </span>
        );
      },
    },
    {
      id: "actions",
      title: t("common.actions"),
      quiet: true,
      width: "104px",
      priority: 1,
      cell: (row) => (
        <span className="row tight end">
          <IconButton
            small
            label={t("secrets.replaceOf", { name: row.name })}
            onClick={() => open({ kind: "replace", row })}
          >
            <RefreshCw size={14} />
          </IconButton>
          <IconButton
            small
            label={t("secrets.revealOf", { name: row.name })}
            onClick={() => open({ kind: "reveal", row })}
          >
            <Eye size={14} />
          </IconButton>
          <IconButton
            small
            label={t("secrets.removeOf", { name: row.name })}
            onClick={() => open({ kind: "remove", row })}
          >
            <Trash2 size={14} />
          </IconButton>
        </span>
      ),
    },
  ];
}

function RemoveSecret({ row, onClose }: { row: SecretRow; onClose: () => void }) {
  const { t, fmt } = useText();
  const toast = useToast();
  const remove = useAction((client) =>
    client.secrets.remove({ environment: row.environment, name: row.name, confirm: row.name }),
  );
  return (
    <ConfirmByName
      title={t("secrets.removeTitle")}
      name={row.name}
      environment={row.environment}
      action={t("common.remove")}
      busy={remove.busy}
      problem={remove.problem}
      onClose={onClose}
      onConfirm={() =>
        void remove.run().then((done) => {
          if (!done) return;
          toast({ tone: "ok", text: t("secrets.removed", { name: row.name }) });
          onClose();
        })
      }
    >
      <p>{t("secrets.removeText", { name: row.name, environment: row.environment })}</p>
      {row.usedBy.length > 0 && (
        <p className="tone-warn">
          {t("secrets.removeUsed", { names: fmt.list(row.usedBy.map((use) => use.containerName)) })}
        </p>
      )}
    </ConfirmByName>
  );
}
