import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

export interface Asset {
  type: string;
  /** Its name carries a hash of its content, so that it may be kept for ever. */
  immutable: boolean;
  body: Buffer;
  /** The same, compressed by the build; absent where that saves nothing. */
  br?: Buffer;
  gzip?: Buffer;
}

const TYPES = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".json", "application/json; charset=utf-8"],
  [".svg", "image/svg+xml"],
  [".png", "image/png"],
  [".ico", "image/x-icon"],
  [".woff2", "font/woff2"],
  [".txt", "text/plain; charset=utf-8"],
]);

const HASHED = /-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/;

/**
 * Reads the built page into memory, once: a request is then a look-up of an exact name, and no path is ever made from
 * what a client sent. Files of unknown kind are left out. `/` is `index.html`.
 */
export async function loadAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const bodies = new Map<string, Buffer>();
  await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        bodies.set(`/${relative(folder, path).split(sep).join("/")}`, await readFile(path));
      }),
  );
  const assets = new Map<string, Asset>();
  for (const [name, body] of bodies) {
    const type = TYPES.get(extname(name));
    if (type === undefined) continue;
    const br = bodies.get(`${name}.br`);
    const gzip = bodies.get(`${name}.gz`);
    assets.set(name, {
      type,
      immutable: HASHED.test(name),
      body,
      ...(br === undefined ? {} : { br }),
      ...(gzip === undefined ? {} : { gzip }),
    });
  }
  const index = assets.get("/index.html");
  if (index === undefined) throw new Error(`there is no built page in ${folder}`);
  return assets.set("/", index);
}
