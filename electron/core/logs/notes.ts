import type { ContainerDetail } from "../docker/types.ts";
import type { Failure } from "../failure.ts";

/** The console's own lines in a log. */
export const notes = {
  lost: (failure: Failure): string => `--- connection lost (${failure.code}), trying again ---`,
  back: "--- connected again, nothing lost ---",
  gap: "--- connected again; lines in between are lost ---",
  again: "--- the container was started again ---",
  removed: "--- the container was removed ---",
  ended(detail: Pick<ContainerDetail, "exitCode" | "oomKilled" | "state">): string {
    const code = detail.exitCode === null ? "" : `, exit code ${detail.exitCode}`;
    const memory = detail.oomKilled ? " (killed: out of memory)" : "";
    return `--- the container is ${detail.state}${code}${memory} ---`;
  },
};
