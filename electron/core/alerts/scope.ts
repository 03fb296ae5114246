import type { AlertRule } from "../../contract/alerts.ts";
import type { WatchedContainer } from "./types.ts";

/** Whether a rule is about this container. `*` in its name stands for any characters; nothing else is special. */
export function inScope(scope: AlertRule["scope"], container: WatchedContainer): boolean {
  return (
    container.running &&
    (scope.environment === undefined || scope.environment === container.environment) &&
    (scope.hostId === undefined || scope.hostId === container.hostId) &&
    (scope.container === undefined || scope.container === "" || nameFits(scope.container, container.name))
  );
}

/** Linear: each piece between stars is looked for once, from left to right. */
function nameFits(pattern: string, name: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === head;
  const tail = rest.pop() ?? "";
  if (!name.startsWith(head) || name.length < head.length + tail.length || !name.endsWith(tail)) return false;
  let from = head.length;
  const end = name.length - tail.length;
  for (const piece of rest) {
    const at = name.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}
