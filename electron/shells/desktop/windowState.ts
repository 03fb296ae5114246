import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { z } from "zod";

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

const length = z.number().int().min(200).max(20_000);
const offset = z.number().int().min(-100_000).max(100_000);

const windowState = z.object({
  bounds: z.object({ x: offset, y: offset, width: length, height: length }),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowState>;

const usual = { width: 1360, height: 860 };
/** So much of a window has to lie on a screen that one can get hold of it, pixels. */
const GRIP = 100;

export interface FirstBounds {
  bounds: Partial<Rectangle> & { width: number; height: number };
  maximized: boolean;
}

/** Where a window goes: where it was, if that is on a screen that is there now. */
export function placeWindow(kept: WindowState | null, screens: readonly Rectangle[]): FirstBounds {
  if (kept === null) return { bounds: usual, maximized: false };
  const onScreen = screens.some(
    (screen) => overlap(kept.bounds, screen, "x", "width") && overlap(kept.bounds, screen, "y", "height"),
  );
  if (onScreen) return kept;
  const { width, height } = kept.bounds;
  return { bounds: { width, height }, maximized: kept.maximized };
}

function overlap(a: Rectangle, b: Rectangle, from: "x" | "y", size: "width" | "height"): boolean {
  return Math.min(a[from] + a[size], b[from] + b[size]) - Math.max(a[from], b[from]) >= GRIP;
}

/** Reads what was kept; anything that is not that is as good as nothing. */
export function readWindowState(path: string): WindowState | null {
  try {
    return windowState.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}

/** Writes it whole or not at all. Failing costs a place on the screen, so it is no one's error. */
export async function writeWindowState(path: string, state: WindowState): Promise<void> {
  try {
    await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch {
    // The next move of the window tries again.
  }
}
