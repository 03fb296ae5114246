/** Longer ones are not looked into for a line of a list. */
const longest = 4_000;

/** What a JSON line says in a few words, for the eye that runs over it; null for any other line. */
export function summaryOf(text: string): string | null {
  if (!text.startsWith("{") || text.length > longest) return null;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  return accessOf(value) ?? messageOf(value);
}

/** `GET /ready 200 12ms` of an access record. */
function accessOf(value: Record<string, unknown>): string | null {
  const { method, path, status } = value;
  if (typeof method !== "string" || typeof path !== "string" || typeof status !== "number") return null;
  const took = [value.duration_ms, value.durationMs, value.ms].find((one) => typeof one === "number");
  return [method, path, status, ...(took === undefined ? [] : [`${took}ms`])].join(" ");
}

function messageOf(value: Record<string, unknown>): string | null {
  const message = [value.message, value.msg, value.text, value.event].find((one) => typeof one === "string");
  return typeof message === "string" && message.trim() !== "" ? message.slice(0, 400) : null;
}

/** What is drawn of a line in the list; the rest is in its detail. */
export const shownChars = 2_000;

export function cutForList(text: string): { text: string; left: number } {
  if (text.length <= shownChars) return { text, left: 0 };
  // Not in the middle of a letter that takes two places.
  const code = text.charCodeAt(shownChars - 1);
  const end = code >= 0xd800 && code < 0xdc00 ? shownChars - 1 : shownChars;
  return { text: text.slice(0, end), left: text.length - end };
}
