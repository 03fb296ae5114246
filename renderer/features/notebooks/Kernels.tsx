import { useQuery } from "@tanstack/react-query";
import { CircleStop } from "lucide-react";
import type { NotebookKernel, NotebookRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { IconButton, Skeleton, State, type Tone } from "../../ui/index.ts";
import { ProblemBanner, Since } from "../common/index.ts";

const everyMs = 5_000;

/** What computes in this server, and what it holds. */
export function Kernels({ row }: { row: NotebookRow }) {
  const { t } = useText();
  const api = useApi();
  const typed = row.login === "typed";
  const query = useQuery({
    ...api.notebooks.kernels.queryOptions({ input: { notebookId: row.id } }),
    enabled: !typed && row.running,
    refetchInterval: everyMs,
  });
  return (
    <section className="stack">
      <h3>{t("notebook.kernels")}</h3>
      {typed ? (
        <span className="muted">{t("notebook.kernelsTyped")}</span>
      ) : query.error ? (
        <ProblemBanner problem={toProblem(query.error)} />
      ) : query.data === undefined ? (
        row.running && <Skeleton label={t("common.loading")} />
      ) : query.data.length === 0 ? (
        <span className="muted">{t("notebook.noKernels")}</span>
      ) : (
        query.data.map((kernel) => (
          <KernelLine key={kernel.id} row={row} kernel={kernel} onGone={() => void query.refetch()} />
        ))
      )}
    </section>
  );
}

const tones: Record<string, Tone> = { idle: "idle", busy: "accent", starting: "accent", dead: "danger" };

function KernelLine({ row, kernel, onGone }: { row: NotebookRow; kernel: NotebookKernel; onGone: () => void }) {
  const { t, fmt, maybe } = useText();
  const stop = useAction((client) => client.notebooks.stopKernel({ notebookId: row.id, kernelId: kernel.id }));
  const name = kernel.paths[0] ?? kernel.name;
  return (
    <div className="stack tight">
      <span className="row wrap">
        <State
          tone={tones[kernel.state] ?? "idle"}
          word={maybe(`kernelState.${kernel.state}`) ?? kernel.state}
          since={<Since ago at={kernel.lastAt} />}
        />
        <span className="truncate">{name}</span>
        <span className="muted num spread">
          {kernel.memoryBytes !== null && t("notebook.kernel.memory", { size: fmt.bytes(kernel.memoryBytes) })}{" "}
          {kernel.gpuMemoryBytes !== null && t("notebook.kernel.gpu", { size: fmt.bytes(kernel.gpuMemoryBytes) })}
        </span>
        <IconButton
          label={t("notebook.kernel.stopNamed", { name })}
          disabled={stop.busy}
          onClick={() => void stop.run().then((done) => done && onGone())}
        >
          <CircleStop size={14} />
        </IconButton>
      </span>
      {stop.problem && <ProblemBanner problem={stop.problem} />}
    </div>
  );
}
