import { createHash } from "node:crypto";
import { z } from "zod";
import type { NotebookPlace } from "../../contract/index.ts";
import type { FoundServer } from "./types.ts";

const maxRecords = 500;

/** What lies in `notebooks.json`: the ports that notebooks keep here, and which servers were started from here. */
export const notebookFile = z.object({
  notebooks: z
    .array(
      z.object({
        id: z.string(),
        localPort: z.number().int().nullable(),
        /** SHA-256 of the certificate that it showed first, as `AB:CD:…`. */
        certificate: z.string().nullable().default(null),
        ours: z.object({ program: z.enum(["best", "lab", "notebook", "server"]), folder: z.string() }).nullable(),
      }),
    )
    .max(maxRecords),
});
export type NotebookFile = z.infer<typeof notebookFile>;
export type NotebookRecord = NotebookFile["notebooks"][number];

/** The same for the same server, also after it was restarted and after the console was. */
export function notebookIdOf(
  hostId: string,
  place: NotebookPlace,
  server: Pick<FoundServer, "port" | "socket" | "basePath">,
) {
  const where = place.kind === "host" ? "host" : `container ${place.name}`;
  const own = server.socket === "" ? [] : [server.socket];
  const text = JSON.stringify([hostId, where, server.port, server.basePath, ...own]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** With one changed or added; the oldest go when there are too many. */
export function withRecord(file: NotebookFile, id: string, change: Partial<NotebookRecord>): NotebookFile {
  const before = file.notebooks.find((record) => record.id === id) ?? {
    id,
    localPort: null,
    certificate: null,
    ours: null,
  };
  const others = file.notebooks.filter((record) => record.id !== id);
  return { notebooks: [...others, { ...before, ...change }].slice(-maxRecords) };
}
