/** A status line is short; what is longer is none. */
export const HTTP_HEAD_LIMIT = 1024;

const shape: readonly RegExp[] = [..."HTTP/1."]
  .map((letter) => new RegExp(`[${letter}]`))
  .concat(/[01]/, / /, /[1-5]/, /\d/, /\d/);

/** The status in an answer's first bytes; `"more"` while it cannot be told, `null` when it is no HTTP (RFC 9112, section 4). */
export function statusOf(head: string): number | "more" | null {
  if (!shape.every((wanted, at) => at >= head.length || wanted.test(head.charAt(at)))) return null;
  return head.length < shape.length ? "more" : Number(head.slice(shape.length - 3, shape.length));
}
