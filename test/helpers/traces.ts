import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Every form in which a value could have slipped out, made without the product's own encoder: as it is, base64 at its
 * three offsets, hex, percent-encoded, escaped for JSON.
 */
export function formsOf(value: string): Map<string, string> {
  const bytes = Buffer.from(value, "utf8");
  const forms = new Map<string, string>([
    ["raw", value],
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
    ["percent", encodeURIComponent(value)],
    ["json", JSON.stringify(value).slice(1, -1)],
    [
      "json-ascii",
      JSON.stringify(value)
        .slice(1, -1)
        .replaceAll(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
    ],
  ]);
  for (const offset of [0, 1, 2]) {
    // The digits that the value alone decides: those touched by the filler before and the padding behind are left out.
    const digits = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const core = digits.slice(offset === 0 ? 0 : offset + 1, -1);
    forms.set(`base64+${offset}`, core);
    forms.set(`base64url+${offset}`, core.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

/** Forms of `value` that `haystack` holds; empty is what every caller hopes for. */
export function tracesIn(haystack: string | Buffer, value: string): string[] {
  const bytes = typeof haystack === "string" ? Buffer.from(haystack, "utf8") : haystack;
  return [...formsOf(value)].filter(([, form]) => bytes.includes(form)).map(([name]) => name);
}

/** `file: form` for each file below `folder` that holds a form of `value`. */
export function tracesInFolder(folder: string, value: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const path = join(folder, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return [];
    return tracesIn(readFileSync(path), value).map((form) => `${name}: ${form}`);
  });
}

/** `pid: form` for each process whose arguments or environment hold a form of `value`, this one left out. */
export function tracesInProcesses(value: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    return ["cmdline", "environ"].flatMap((file) => {
      try {
        return tracesIn(readFileSync(join("/proc", pid, file)), value).map((form) => `${pid} ${file}: ${form}`);
      } catch {
        return [];
      }
    });
  });
}
