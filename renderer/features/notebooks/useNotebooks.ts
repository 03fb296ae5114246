import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { NotebookRow } from "../../../electron/contract/index.ts";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";

/** What is known of notebooks; coming here, and a host that connects, are reasons to look again. */
export function useNotebooks() {
  const api = useApi();
  const list = useQuery(api.notebooks.list.queryOptions());
  const hosts = useQuery(api.hosts.list.queryOptions()).data ?? [];
  const look = useAction((client) => client.notebooks.refresh({}));
  const reached = hosts
    .filter((host) => host.link.phase === "online")
    .map((host) => host.id)
    .join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked once for each set of hosts that can be asked
  useEffect(() => {
    if (reached !== "") void look.run();
  }, [reached]);
  return { rows: list.data ?? null, look, anyHost: reached !== "" };
}

/** What tells it from others of its host, and what one types to stop it. */
export function placeOf(row: NotebookRow): string {
  return row.socket === "" ? String(row.port) : row.socket;
}

/** The folder's last part says most; where there is none, the port does. */
export function nameOf(row: NotebookRow): string {
  const folder = row.folder.split("/").filter(Boolean).at(-1);
  const place = row.socket === "" ? `:${row.port}` : (row.socket.split("/").at(-1) ?? "");
  return folder === undefined ? place : `${folder} ${place}`;
}
