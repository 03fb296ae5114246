import { isAbsolute, join, relative } from "node:path";

/** A path with its leading `~` or `~/` made the user's home; any other path as it is. */
export function underHome(path: string, home: string): string {
  const rest = path === "~" ? "" : relative("~", path);
  return rest === "" || (!isAbsolute(rest) && rest.split(/[/\\]/)[0] !== "..") ? join(home, rest) : path;
}
