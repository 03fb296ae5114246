import { useEffect, useRef, useState } from "react";
import type { NotebookRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useToast } from "../../ui/index.ts";
import { nameOf } from "./useNotebooks.ts";

/** Opens a notebook in its window or in a tab. */
export function useOpen(row: NotebookRow) {
  const { t } = useText();
  const toast = useToast();
  const [link, setLink] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const open = useAction((client) => client.notebooks.open({ notebookId: row.id }));
  useEffect(() => () => void (timer.current !== null && clearTimeout(timer.current)), []);

  /** False when it failed. */
  async function show(): Promise<boolean> {
    setLink(null);
    const done = await open.run();
    if (!done) return false;
    if (done.shown === "window") {
      toast({ tone: "ok", text: t("notebook.opened", { name: nameOf(row) }) });
      return true;
    }
    window.open(done.url, "_blank", "noopener,noreferrer");
    // Nothing tells whether the tab came up: for as long as the address is good, there is a second way.
    setLink(done.url);
    timer.current = setTimeout(() => setLink(null), Math.max(0, done.expiresAt - Date.now()));
    return true;
  }

  return { show, link, forgetLink: () => setLink(null), busy: open.busy, problem: open.problem };
}
