import type { Problem } from "../../../contract/index.ts";
import { isFailure } from "../../failure.ts";
import type { Cancellable } from "../../ports.ts";
import type { HostLink } from "../../ssh/types.ts";
import { mustBeReadable } from "./journal.ts";

/** What can be read on a host beside its containers. */
export interface LogOffers {
  /** Running ones first; null with the reason where the journal can't be read. */
  units: { name: string; running: boolean }[] | null;
  unitsProblem: Problem | null;
  /** Those that this user may read, the one that changed last first; `changed` in milliseconds since the epoch. */
  files: { path: string; bytes: number; changed: number }[];
}

const MAX_UNITS = 500;
const MAX_FILES = 200;
const unitsCommand = ["systemctl", "list-units", "--type=service", "--all", "--plain", "--no-legend", "--no-pager"];
/** Two levels are where programs put them; rotated and packed ones are left out. */
const filesScript = `
for file in /var/log/*.log /var/log/syslog /var/log/messages /var/log/secure /var/log/*/*.log "$HOME"/*.log "$HOME"/logs/*.log; do
  [ -f "$file" ] && [ -r "$file" ] && stat -Lc '%s %Y %n' -- "$file"
done
exit 0
`;

/** Asks the host; what fails is left out, but for the link itself. */
export async function logOffers(link: Pick<HostLink, "exec">, options: Cancellable = {}): Promise<LogOffers> {
  const [files, units] = await Promise.all([readableFiles(link, options), readableUnits(link, options)]);
  return { ...units, files };
}

async function readableFiles(link: Pick<HostLink, "exec">, options: Cancellable): Promise<LogOffers["files"]> {
  const { stdout } = await link.exec(["sh", "-c", filesScript], { ...options, maxBytes: 256 * 1024 });
  const files: LogOffers["files"] = [];
  for (const line of stdout.toString("utf8").split("\n")) {
    const match = /^(\d+) (\d+) (\/.+)$/.exec(line);
    if (match) files.push({ path: String(match[3]), bytes: Number(match[1]), changed: Number(match[2]) * 1000 });
  }
  return files.sort((a, b) => b.changed - a.changed || a.path.localeCompare(b.path)).slice(0, MAX_FILES);
}

async function readableUnits(
  link: Pick<HostLink, "exec">,
  options: Cancellable,
): Promise<Pick<LogOffers, "units" | "unitsProblem">> {
  try {
    await mustBeReadable(link, options.signal);
  } catch (error) {
    if (!isFailure(error, "JOURNAL_UNREADABLE")) throw error;
    return { units: null, unitsProblem: { code: error.code, details: { ...error.details } } };
  }
  // A host may have a journal and no manager that answers, as in a container: then the whole journal is what there is.
  const { code, stdout } = await link.exec(unitsCommand, { ...options, maxBytes: 512 * 1024 });
  if (code !== 0) return { units: [], unitsProblem: null };
  const units = stdout
    .toString("utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([name = "", , , sub]) =>
      /^[A-Za-z0-9_][A-Za-z0-9@._:\\-]*\.service$/.test(name) ? [{ name, running: sub === "running" }] : [],
    )
    .sort((a, b) => Number(b.running) - Number(a.running) || a.name.localeCompare(b.name));
  return { units: units.slice(0, MAX_UNITS), unitsProblem: null };
}
