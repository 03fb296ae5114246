/**
 * Breaks a long shell command before its options, with the backslashes that a shell wants, so that it can be read and
 * still be pasted. What stands in quotes is left whole.
 */
export function foldCommand(command: string): string {
  return command.split("\n").map(foldLine).join("\n");
}

const shortEnough = 60;

function foldLine(line: string): string {
  if (line.length <= shortEnough) return line;
  let folded = "";
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? "";
    if (quote === "" && letter === "\\") {
      folded += letter + (line[at + 1] ?? "");
      at += 1;
      continue;
    }
    if (quote === "" && letter === "#" && (at === 0 || line[at - 1] === " ")) return folded + line.slice(at);
    if (quote === letter) quote = "";
    else if (quote === "" && (letter === "'" || letter === '"')) quote = letter;
    folded += quote === "" && letter === " " && line.startsWith(" --", at) ? " \\\n  " : letter;
  }
  return folded;
}
