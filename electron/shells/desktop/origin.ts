/** The page's own address in the desktop door. */
export const SCHEME = "app";
const HOST = "gatehouse";
export const PAGE_URL = `${SCHEME}://${HOST}/`;

/** Whether an address is a page of ours. Parsed and compared whole: prefixes lie (`app://gatehouse.evil/`). */
export function isOwnPage(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === `${SCHEME}:` && url.host === HOST && url.username === "" && url.password === "";
}

/** What a message's sender has to be: the top frame of a page of ours. */
export function isOwnFrame(frame: { url: string; parent: unknown } | null): boolean {
  return frame !== null && frame.parent === null && isOwnPage(frame.url);
}

/** A file that the page made itself, to be saved: `blob:app://gatehouse/…`. */
export function isOwnBlob(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === "blob:" && isOwnPage(url.pathname);
}
