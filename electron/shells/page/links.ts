/** Sites that the console itself points to. A link to anything else is shown as text, never opened. */
const HOSTS = new Set([
  "docs.docker.com",
  "docs.nvidia.com",
  "www.cisecurity.org",
  "cheatsheetseries.owasp.org",
  "kubernetes.io",
  "man.openbsd.org",
]);

/** The front door of a tunnel on this machine: nothing that a page could be told by its address. */
const TUNNEL = /^http:\/\/127\.0\.0\.1:\d{1,5}\/$/;

/** The address to open in the person's own browser, normalised; null when it must not be opened. */
export function openableLink(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && TUNNEL.test(text)) return url.href;
  if (url === null || url.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "")
    return null;
  return HOSTS.has(url.hostname) ? url.href : null;
}
