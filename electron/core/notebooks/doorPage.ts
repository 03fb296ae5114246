import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Refusal } from "./headers.ts";

/** Our own pages on a notebook's address begin so; Jupyter has nothing there. */
export const doorPath = "/__gatehouse/open";
export const handOverPath = "/__gatehouse/hand-over";

export type DoorLanguage = "en" | "ru";

const words = {
  en: {
    title: "Notebook · Gatehouse",
    opening: "Opening the notebook…",
    used: "This address was used already, or is too old. Open the notebook again from Gatehouse.",
    refused: "Only the browser that Gatehouse opened it in may use this address. Open the notebook from Gatehouse.",
    down: "The notebook server does not answer. This page tries again by itself.",
  },
  ru: {
    title: "Блокнот · Gatehouse",
    opening: "Открываем блокнот…",
    used: "Этот адрес уже использован или устарел. Откройте блокнот из Gatehouse ещё раз.",
    refused: "Этот адрес только для того браузера, где его открыл Gatehouse. Откройте блокнот из Gatehouse.",
    down: "Сервер блокнотов не отвечает. Страница сама попробует ещё раз.",
  },
} as const;

/** The language that was chosen in the program; else the first of the browser's that we speak. */
export function doorLanguage(chosen: "system" | DoorLanguage, { headers }: Pick<IncomingMessage, "headers">) {
  if (chosen !== "system") return chosen;
  const wanted = (headers["accept-language"] ?? "").split(",").map((each) => each.trim().slice(0, 2).toLowerCase());
  return wanted.find((each): each is DoorLanguage => each === "en" || each === "ru") ?? "en";
}

/** Reads the code from the fragment, takes it out of the address bar and the history, and trades it for a cookie. */
const script = `
const code = new URLSearchParams(location.hash.slice(1)).get("code");
history.replaceState(null, "", location.pathname);
fetch("${handOverPath}", { method: "POST", headers: { "content-type": "application/json" },
  body: JSON.stringify({ code }), cache: "no-store", redirect: "error" })
  .then((answer) => (answer.ok ? answer.json() : Promise.reject()))
  .then(({ path }) => location.replace(path))
  .catch(() => { document.getElementById("said").textContent = document.body.dataset.used; });
`;
const scriptHash = createHash("sha256").update(script).digest("base64");

const style = [
  ":root{color-scheme:light dark}",
  "body{font:15px/1.6 system-ui,sans-serif;margin:18vh auto 0;max-width:34em;padding:0 20px}",
  "b{display:block;margin-bottom:8px;font-weight:600}small{opacity:.7;overflow-wrap:anywhere}",
].join("");
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
  vary: "accept-language",
};

function page(language: DoorLanguage, said: string, more: { detail?: string; script?: string; refresh?: boolean }) {
  const { title, used } = words[language];
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${title}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${style}</style>`,
    more.refresh ? '<meta http-equiv="refresh" content="2">' : "",
    `</head><body data-used="${used}"><b>Gatehouse</b><span id="said" role="status">${said}</span>`,
    more.detail === undefined ? "" : `<p><small>${escaped(more.detail)}</small></p>`,
    more.script === undefined ? "" : `<script>${more.script}</script>`,
    "</body></html>\n",
  ].join("");
}

/** What a server or a host said may hold anything. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export function sendDoor(response: ServerResponse, language: DoorLanguage): void {
  response.writeHead(200, headers).end(page(language, words[language].opening, { script }));
}

export function sendRefusal(response: ServerResponse, language: DoorLanguage, what: Refusal): void {
  response.writeHead(403, headers).end(page(language, words[language].refused, { detail: what }));
}

/** The server does not answer. A page tries again by itself; a program is told when. */
export function sendDown(response: ServerResponse, language: DoorLanguage, reason: string, navigation: boolean): void {
  const said = words[language].down;
  const more = { "retry-after": "2" };
  if (navigation) {
    response.writeHead(503, { ...headers, ...more }).end(page(language, said, { detail: reason, refresh: true }));
    return;
  }
  response.writeHead(503, { ...more, "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(`${said} (${reason})`);
}
