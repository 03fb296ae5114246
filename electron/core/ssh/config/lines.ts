/** One setting of an ssh_config file, as it stands there. */
export interface Directive {
  /** Lower case. */
  keyword: string;
  /** Arguments without their quotes. */
  args: readonly string[];
  /** All after the keyword, for settings that are a command. */
  rest: string;
  /** `file:line`, to point a person at it. */
  source: string;
  /** What an `Include` brought, in its place. */
  included?: readonly Directive[];
}

const maxLine = 16 * 1024;

/** The settings of one file in their order; comments and lines that make no sense are left out. Never throws. */
export function parseLines(text: string, file: string): Directive[] {
  return text.split(/\r?\n/).flatMap((raw, index): Directive[] => {
    const line = raw.trim();
    if (line === "" || line[0] === "#" || line.length > maxLine) return [];
    const [, keyword = "", rest = ""] = /^([A-Za-z0-9]+)\s*[\s=]\s*(.*)$/.exec(line) ?? [];
    if (keyword === "" || rest === "") return [];
    return [{ keyword: keyword.toLowerCase(), args: words(rest), rest, source: `${file}:${index + 1}` }];
  });
}

/** Splits at blanks outside of quotes; a `#` that begins a word begins a comment. */
function words(text: string): string[] {
  const found: string[] = [];
  for (const [whole, double, single] of text.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)) {
    const word = double ?? single ?? whole;
    if (whole[0] === "#") break;
    found.push(word);
  }
  return found;
}
