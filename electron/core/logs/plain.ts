/**
 * A log line as harmless text. Whoever writes a log must not be able to move the cursor, set a title, overwrite what is
 * above, or turn the direction of writing (OWASP Logging Cheat Sheet; CWE-117, CWE-150): colours are dropped, everything
 * else that a terminal or a browser would obey becomes visible.
 */
const harmful = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const harmfulAll = new RegExp(harmful.source, "g");
/** Colours and weights (SGR), and erasing to the end of the line, which progress bars end with. */
const colours = /\u001b\[[0-9;:]*[mK]/g;

export function plainText(line: string): string {
  if (!harmful.test(line)) return line;
  return shownProgress(line.replace(colours, "")).replace(harmfulAll, visible);
}

/** What a terminal would show of a line that goes back to its start (`10%\r20%\r30%\r`): the last that was written. */
function shownProgress(line: string): string {
  if (!line.includes("\r")) return line;
  const parts = line.split("\r").filter((part) => part !== "");
  return parts.at(-1) ?? "";
}

function visible(char: string): string {
  const code = char.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}
