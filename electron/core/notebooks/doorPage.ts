import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

/** Our own pages on a notebook's address begin so; Jupyter has nothing there. */
export const doorPath = "/__gatehouse/open";
export const handOverPath = "/__gatehouse/hand-over";

/** Reads the code from the fragment, takes it out of the address bar and the history, and trades it for a cookie. */
const script = `
const code = new URLSearchParams(location.hash.slice(1)).get("code");
history.replaceState(null, "", location.pathname);
fetch("${handOverPath}", { method: "POST", headers: { "content-type": "application/json" },
  body: JSON.stringify({ code }), cache: "no-store", redirect: "error" })
  .then((answer) => (answer.ok ? answer.json() : Promise.reject()))
  .then(({ path }) => location.replace(path))
  .catch(() => { document.getElementById("said").textContent = document.body.dataset.refused; });
`;
const scriptHash = createHash("sha256").update(script).digest("base64");

const style = "body{font:15px system-ui;margin:15vh auto;max-width:34em;color:#1c2733;padding:0 1em}";
const styleHash = createHash("sha256").update(style).digest("base64");

const policy = [
  ...["default-src 'none'", `script-src 'sha256-${scriptHash}'`, `style-src 'sha256-${styleHash}'`],
  ...["connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"],
].join("; ");

const headers = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": policy,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
};

const page = (said: string, more: { refused?: string; script?: string; refresh?: boolean }) =>
  [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Gatehouse</title><style>${style}</style>`,
    more.refresh ? '<meta http-equiv="refresh" content="2">' : "",
    `</head><body data-refused="${more.refused ?? ""}"><p id="said">${said}</p>`,
    more.script === undefined ? "" : `<script>${more.script}</script>`,
    "</body></html>\n",
  ].join("");

export function sendDoor(response: ServerResponse): void {
  const refused = "This address was used already, or is too old. Open the notebook again from Gatehouse.";
  response.writeHead(200, headers).end(page("Opening the notebook…", { refused, script }));
}

export function sendRefusal(response: ServerResponse, what: string): void {
  const said = `This address is for the browser that Gatehouse opened it in (${what}). Open the notebook from Gatehouse.`;
  response.writeHead(403, headers).end(page(said, {}));
}

/** The server does not answer. A page tries again by itself; a program is told when. */
export function sendDown(response: ServerResponse, reason: string, navigation: boolean): void {
  const said = `The notebook server does not answer (${reason}). This page tries again by itself.`;
  const more = { "retry-after": "2" };
  if (navigation) response.writeHead(503, { ...headers, ...more }).end(page(said, { refresh: true }));
  else response.writeHead(503, { ...more, "content-type": "text/plain", "cache-control": "no-store" }).end(said);
}
