/** What a key does in a log, by its place on the keyboard and not by its letter, so that it works in every layout. */
export type LogCommand =
  | { kind: "move"; by: number }
  | { kind: "page"; by: 1 | -1 }
  | { kind: "edge"; end: boolean }
  | { kind: "hit"; backwards: boolean }
  | { kind: "follow" | "wrap" | "mark" | "open" | "expand" | "time" | "context" | "copy" | "marks" };

type Keys = Pick<KeyboardEvent, "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

const plain: ReadonlyMap<string, LogCommand> = new Map<string, LogCommand>([
  ["KeyJ", { kind: "move", by: 1 }],
  ["ArrowDown", { kind: "move", by: 1 }],
  ["KeyK", { kind: "move", by: -1 }],
  ["ArrowUp", { kind: "move", by: -1 }],
  ["PageDown", { kind: "page", by: 1 }],
  ["PageUp", { kind: "page", by: -1 }],
  ["KeyG", { kind: "edge", end: false }],
  ["Home", { kind: "edge", end: false }],
  ["End", { kind: "edge", end: true }],
  ["KeyN", { kind: "hit", backwards: false }],
  ["KeyF", { kind: "follow" }],
  ["KeyW", { kind: "wrap" }],
  ["KeyM", { kind: "mark" }],
  ["KeyB", { kind: "marks" }],
  ["KeyT", { kind: "time" }],
  ["KeyC", { kind: "context" }],
  ["KeyY", { kind: "copy" }],
  ["KeyX", { kind: "expand" }],
  ["Enter", { kind: "open" }],
  ["NumpadEnter", { kind: "open" }],
]);

const shifted: ReadonlyMap<string, LogCommand> = new Map<string, LogCommand>([
  ["KeyG", { kind: "edge", end: true }],
  ["KeyN", { kind: "hit", backwards: true }],
]);

export function logCommandOf(keys: Keys): LogCommand | null {
  if (keys.ctrlKey || keys.metaKey || keys.altKey) return null;
  return (keys.shiftKey ? shifted : plain).get(keys.code) ?? null;
}

/** Rows of the help: keys, and the id of what they do. */
export const logKeys = [
  [["j", "k"], "logs.key.move"],
  [["g", "G"], "logs.key.edge"],
  [["n", "N"], "logs.key.hit"],
  [["f"], "logs.key.follow"],
  [["Enter"], "logs.key.open"],
  [["x"], "logs.key.expand"],
  [["c"], "logs.key.context"],
  [["m", "b"], "logs.key.mark"],
  [["y"], "logs.key.copy"],
  [["w", "t"], "logs.key.look"],
] as const satisfies readonly (readonly [readonly string[], string])[];
