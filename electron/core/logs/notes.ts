import type { ContainerDetail } from "../docker/types.ts";
import type { Failure } from "../failure.ts";

/** The console's own lines in a log. */
export const notes = {
  lost: (failure: Failure): string => `--- connection lost (${failure.code}), trying again ---`,
  back: "--- connected again, nothing lost ---",
  gap: "--- connected again; lines in between are lost ---",
  again: "--- the container was started again ---",
  unreadable: "--- a record that can't be read ---",
  tooLong: "[a message that was too long]",
  removed: "--- the container was removed ---",
  rotated: "--- the file was rotated: another one has its name now ---",
  replaced: "--- another file has the name now; the last lines of the one before may be lost ---",
  truncated: "--- the file was cut short: it begins anew, and its last lines may be lost ---",
  gone: "--- the file is not there; waiting for it ---",
  ended(detail: Pick<ContainerDetail, "exitCode" | "oomKilled" | "state">): string {
    const code = detail.exitCode === null ? "" : `, exit code ${detail.exitCode}`;
    const memory = detail.oomKilled ? " (killed: out of memory)" : "";
    return `--- the container is ${detail.state}${code}${memory} ---`;
  },
};
