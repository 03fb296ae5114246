import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Import {
  /** File that imports, relative to the project, with `/`. */
  from: string;
  /** What is imported: a file relative to the project, or a package's name as it stands. */
  to: string;
  isPackage: boolean;
  typeOnly: boolean;
}

/** TypeScript files below some folders, relative to the project. */
export function sourcesIn(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes("node_modules"))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")),
  );
}

export function textOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

const STATEMENT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?["']([^"'\n]+)["']/g;
const CALL = /\bimport\(\s*["']([^"'\n]+)["']/g;

export function importsOf(file: string, text = textOf(file)): Import[] {
  const found = [
    ...[...text.matchAll(STATEMENT)].map((match) => ({ name: match[2] ?? "", typeOnly: match[1] !== undefined })),
    ...[...text.matchAll(CALL)].map((match) => ({ name: match[1] ?? "", typeOnly: false })),
  ];
  return found.map(({ name, typeOnly }) => {
    const isPackage = !name.startsWith(".");
    const to = isPackage ? name : posix.normalize(posix.join(dirname(file).split(sep).join("/"), name));
    return { from: file, to, isPackage, typeOnly };
  });
}

/** `a -> b` for messages. */
export function arrow({ from, to }: Import): string {
  return `${from} -> ${to}`;
}
