/** Pure checks of a request, before anything else looks at it. */

/** What the checks need of a request. Header values as they came; `hosts` and `origins` hold every occurrence. */
export interface RequestFacts {
  method: string;
  hosts: readonly string[];
  origins: readonly string[];
  /** It asks to become a socket. */
  upgrade: boolean;
}

export interface Refusal {
  status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 429 | 503;
  /** Short, plain, without any value from the request. */
  reason: string;
}

/** The names under which this door answers: exact, with the port. */
export function allowedHosts(port: number): ReadonlySet<string> {
  return new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
}

/**
 * Null when the request may go on. The host list stops DNS rebinding: a page of `evil.example` that resolves to
 * 127.0.0.1 still sends its own name. The origin stops other pages of this browser, and other ports of this machine.
 */
export function judgeRequest(facts: RequestFacts, port: number): Refusal | null {
  const [host, ...moreHosts] = facts.hosts;
  if (host === undefined || moreHosts.length > 0 || !allowedHosts(port).has(host)) {
    return { status: 421, reason: "wrong host name" };
  }
  const looksOnly = facts.method === "GET" || facts.method === "HEAD";
  if (!looksOnly && facts.method !== "POST") return { status: 405, reason: "method not allowed" };
  if (!facts.upgrade && looksOnly) return null;
  const [origin, ...moreOrigins] = facts.origins;
  if (origin === undefined || moreOrigins.length > 0 || origin !== `http://${host}`) {
    return { status: 403, reason: "wrong origin" };
  }
  return null;
}

export const SUBPROTOCOL = "gatehouse.v1";

/** The token out of `Sec-WebSocket-Protocol: gatehouse.v1, token.<base64url>`; null when it is not just those two. */
export function tokenOf(protocols: string | undefined): string | null {
  const [name, token, ...rest] = (protocols ?? "").split(",").map((part) => part.trim());
  if (name !== SUBPROTOCOL || token === undefined || rest.length > 0) return null;
  return /^token\.([A-Za-z0-9_-]{43})$/.exec(token)?.[1] ?? null;
}

/** Every value of a header, from Node's flat list of names and values. Node itself keeps only the first `Host`. */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
