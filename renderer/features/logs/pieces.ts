export type Piece = { kind: "text" | "mask" | "hit"; text: string };

const masks = /(\*{8}|\[secret:[^\]\n]{1,160}\])/g;

/** Cuts a line into plain text, what the masker put in place of secrets, and what the filter looked for. */
export function piecesOf(line: string, query: string): Piece[] {
  const pieces: Piece[] = [];
  line.split(masks).forEach((part, index) => {
    if (part === "") return;
    if (index % 2 === 1) pieces.push({ kind: "mask", text: part });
    else pieces.push(...hitsIn(part, query));
  });
  return pieces;
}

function hitsIn(text: string, query: string): Piece[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return [{ kind: "text", text }];
  const lower = text.toLowerCase();
  // Some letters change their length in lower case: then places would not fit, and nothing is marked.
  if (lower.length !== text.length) return [{ kind: "text", text }];
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    if (at > from) pieces.push({ kind: "text", text: text.slice(from, at) });
    pieces.push({ kind: "hit", text: text.slice(at, at + wanted.length) });
    from = at + wanted.length;
  }
  if (from < text.length) pieces.push({ kind: "text", text: text.slice(from) });
  return pieces;
}

/** `GET /ready 200` of an access log's JSON line; null for any other line. */
export function accessOf(text: string): string | null {
  if (!text.startsWith("{") || text.length > 4_000 || !text.includes('"method"')) return null;
  try {
    const { method, path, status } = JSON.parse(text) as Record<string, unknown>;
    const fits = typeof method === "string" && typeof path === "string" && typeof status === "number";
    return fits ? `${method} ${path} ${status}` : null;
  } catch {
    return null;
  }
}
