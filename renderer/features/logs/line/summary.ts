/** Longer ones are not looked into for a line of a list. */
const longest = 4_000;

/** What a JSON line says in a few words, and the status of an answer, which tells whether it went well. */
export type Summary = { text: string; status: number | null };

/** For the eye that runs over the lines; null for a line that is no JSON object, or says nothing in words. */
export function summaryOf(text: string): Summary | null {
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
function accessOf(value: Record<string, unknown>): Summary | null {
  const { method, path, status } = value;
  if (typeof method !== "string" || typeof path !== "string" || typeof status !== "number") return null;
  const took = [value.duration_ms, value.durationMs, value.ms].find((one) => typeof one === "number");
  return { text: [method, path, status, ...(took === undefined ? [] : [`${took}ms`])].join(" "), status };
}

function messageOf(value: Record<string, unknown>): Summary | null {
  const message = [value.message, value.msg, value.text, value.event].find((one) => typeof one === "string");
  return typeof message === "string" && message.trim() !== "" ? { text: message.slice(0, 400), status: null } : null;
}

/** The word for how an answer went: below 400 it needs none. */
export function statusTone(status: number | null): "danger" | "warn" | null {
  if (status === null || status < 400) return null;
  return status >= 500 ? "danger" : "warn";
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
