import type { ContainerRow } from "../../../electron/contract/index.ts";
import { type Text, useText } from "../../app/i18n/index.tsx";
import { type Column, State } from "../../ui/index.ts";
import { containerTone, EnvChip, ScoreMeter, SeverityChip, SimulatedChip, shortGpuName } from "../common/index.ts";

export function containerColumns({ t }: Text): Column<ContainerRow>[] {
  return [
    {
      id: "name",
      title: t("containers.column.name"),
      priority: 1,
      sort: (row) => row.name,
      cell: (row) => <span className="strong">{row.name}</span>,
    },
    {
      id: "state",
      title: t("containers.column.state"),
      width: "108px",
      priority: 1,
      sort: (row) => row.state,
      cell: (row) => <ContainerState row={row} />,
    },
    {
      id: "host",
      title: t("containers.column.host"),
      priority: 2,
      sort: (row) => row.hostName,
      cell: (row) => (
        <span className="name-cell">
          <span className="truncate">{row.hostName}</span>
          {row.simulated && <SimulatedChip />}
        </span>
      ),
    },
    {
      id: "environment",
      title: t("fleet.column.environment"),
      width: "116px",
      priority: 3,
      sort: (row) => row.environment,
      cell: (row) => <EnvChip environment={row.environment} />,
    },
    {
      id: "image",
      title: t("containers.column.image"),
      width: "14%",
      priority: 4,
      sort: (row) => row.image,
      cell: (row) => (
        <span className="secondary" title={row.image}>
          {shortImage(row.image)}
        </span>
      ),
    },
    {
      id: "gpu",
      title: t("containers.column.gpu"),
      width: "12%",
      priority: 3,
      sort: (row) => row.gpus.length,
      cell: (row) =>
        row.gpus.length === 0 ? (
          <span className="muted">—</span>
        ) : (
          <span title={row.gpus.map((gpu) => `${gpu.name} ${gpu.uuid}`).join("\n")}>{gpuNames(row)}</span>
        ),
    },
    {
      id: "score",
      title: t("containers.column.score"),
      width: "164px",
      priority: 2,
      sort: (row) => row.score,
      cell: (row) => <Score row={row} />,
    },
    {
      id: "secrets",
      title: t("containers.column.secrets"),
      width: "12%",
      priority: 3,
      sort: (row) => row.secrets.length,
      cell: (row) => <SecretNames row={row} />,
    },
    {
      id: "proof",
      title: t("containers.column.proof"),
      width: "112px",
      priority: 1,
      sort: (row) => row.proof?.traces ?? null,
      cell: (row) => <ProofWord row={row} />,
    },
  ];
}

/** `name:tag` or the first characters of the digest: what tells two images apart must stay visible. */
export function shortImage(image: string): string {
  const [name = image, digest] = image.split("@");
  const last = name.split("/").at(-1) ?? name;
  return digest ? `${last}@${digest.replace(/^sha256:/, "").slice(0, 12)}` : last;
}

function gpuNames(row: ContainerRow): string {
  const name = shortGpuName(row.gpus[0]?.name ?? "");
  return row.gpus.length === 1 ? name : `${row.gpus.length} × ${name}`;
}

export function ContainerState({ row }: { row: Pick<ContainerRow, "state" | "status"> }) {
  const { maybe } = useText();
  return (
    <State
      tone={containerTone(row.state)}
      hollow={row.state === "exited" || row.state === "created"}
      word={maybe(`container.state.${row.state}`) ?? row.state}
      {...(row.status === row.state ? {} : { title: row.status })}
    />
  );
}

function Score({ row }: { row: ContainerRow }) {
  const { t } = useText();
  if (row.score === null) return <span className="muted">{t("containers.notJudged")}</span>;
  return (
    <span className="row">
      <ScoreMeter score={row.score} label={t("containers.score", { score: row.score })} />
      {row.worst && <SeverityChip severity={row.worst} />}
    </span>
  );
}

function SecretNames({ row }: { row: ContainerRow }) {
  const { t } = useText();
  if (row.secrets.length === 0) return <span className="muted">—</span>;
  const old = row.secrets.filter((secret) => !secret.current).length;
  return (
    <span className="row">
      <span className="truncate mono">{row.secrets.map((secret) => secret.ref.name).join(", ")}</span>
      {old > 0 && <span className="tone-warn">{t("secrets.outdated")}</span>}
    </span>
  );
}

function ProofWord({ row }: { row: ContainerRow }) {
  const { t, fmt } = useText();
  if (!row.proof) return <span className="muted">{t("proof.never")}</span>;
  const tone = row.proof.clean ? "ok" : row.proof.traces > 0 ? "danger" : "warn";
  return (
    <State
      tone={tone}
      word={
        row.proof.traces === 0 && !row.proof.clean ? t("proof.partly") : t("proof.traces", { count: row.proof.traces })
      }
      title={fmt.dateTime(row.proof.at)}
    />
  );
}
