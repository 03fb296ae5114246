import type { NotebookFinding } from "../../contract/index.ts";
import type { FoundAt } from "./types.ts";

const everywhere = new Set(["0.0.0.0", "::"]);
const ranks = ["critical", "high", "medium"];

/** What is wrong with how a server is set up, worst first. Pure. */
export function judge({ place, server, published }: FoundAt): NotebookFinding[] {
  const found: NotebookFinding[] = [];
  const open = server.login === "none";
  const outside = server.addresses.filter((address) => !isLoopback(address));
  if (place.kind === "host" && outside.length > 0) {
    const all = outside.find((address) => everywhere.has(address));
    found.push({
      id: all === undefined ? "reachable" : "listens-everywhere",
      severity: open ? "critical" : "high",
      at: `${all ?? outside[0]}:${server.port}`,
    });
  }
  // In a container "everywhere" is the container's own network; what counts is what leaves it.
  const doors = place.kind === "container" ? published.filter((address) => !isLoopback(address)) : [];
  if (doors[0] !== undefined) {
    found.push({ id: "reachable", severity: open ? "critical" : "high", at: `${doors[0]}:${server.port}` });
  }
  if (open) found.push({ id: "no-login", severity: "critical", at: String(server.port) });
  if (server.login === "both") found.push({ id: "two-logins", severity: "medium", at: String(server.port) });
  if (server.uid === 0) found.push({ id: "runs-as-root", severity: "high", at: "root" });
  if (server.keyInArguments) found.push({ id: "key-in-arguments", severity: "high", at: String(server.pid) });
  return found.sort((a, b) => ranks.indexOf(a.severity) - ranks.indexOf(b.severity));
}

export function isLoopback(address: string): boolean {
  return address === "::1" || /^127\.\d+\.\d+\.\d+$/.test(address);
}
