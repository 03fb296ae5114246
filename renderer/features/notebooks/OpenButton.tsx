import { ExternalLink } from "lucide-react";
import { useEffect } from "react";
import type { NotebookRow, Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Button } from "../../ui/index.ts";
import { nameOf } from "./useNotebooks.ts";
import { useOpen } from "./useOpen.ts";

type Props = { row: NotebookRow; onProblem: (problem: Problem) => void };

/** One click from the list into the notebook; what goes wrong is said above the list. */
export function OpenButton({ row, onProblem }: Props) {
  const { t } = useText();
  const { show, busy, problem } = useOpen(row);
  useEffect(() => {
    if (problem) onProblem(problem);
  }, [problem, onProblem]);
  return (
    <Button
      small
      icon={<ExternalLink size={13} />}
      busy={busy}
      disabled={!row.running}
      aria-label={t("notebook.openOf", { name: nameOf(row) })}
      onClick={(event) => {
        event.stopPropagation();
        void show();
      }}
    >
      {t("notebook.open")}
    </Button>
  );
}
