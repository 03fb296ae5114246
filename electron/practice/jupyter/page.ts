/** The page of the simulated server: plain, its own, and it says on every screen that it is simulated. */

const words = {
  en: {
    title: "Notebook (simulated)",
    simulated: "simulated",
    about: "A practice notebook. Its kernel computes with numbers: 1+1, x = 6, print(x*7).",
    run: "Run",
    add: "Add a cell",
    save: "Save",
    saved: "saved",
    connecting: "connecting",
    lost: "no connection, trying again",
    idle: "idle",
    busy: "busy",
    cell: "Cell",
  },
  ru: {
    title: "Блокнот (имитация)",
    simulated: "имитация",
    about: "Учебный блокнот. Его ядро считает числа: 1+1, x = 6, print(x*7).",
    run: "Выполнить",
    add: "Добавить ячейку",
    save: "Сохранить",
    saved: "сохранено",
    connecting: "соединение",
    lost: "нет связи, пробуем снова",
    idle: "свободно",
    busy: "считает",
    cell: "Ячейка",
  },
};

/** `base` ends with a slash and holds no character that HTML gives a meaning to. */
export function pageHtml(base: string): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notebook (simulated)</title>',
    '<meta name="viewport" content="width=device-width">',
    `<link rel="stylesheet" href="${base}static/practice.css"></head>`,
    `<body data-base="${base}"><header><b>Jupyter</b><span class="chip" id="simulated">simulated</span>`,
    '<span id="state" role="status" data-state="connecting"></span></header>',
    '<main><p id="about"></p><div id="cells"></div><p class="row"><button id="add"></button>',
    '<button id="save"></button><span id="saved" role="status"></span></p></main>',
    `<script src="${base}static/practice.js"></script></body></html>\n`,
  ].join("");
}

export const loginHtml = [
  '<!doctype html><html lang="en"><title>Jupyter (simulated)</title><form method="post">',
  '<label>Token or password (simulated) <input name="password" type="password"></label> <button>Log in</button>',
  "</form></html>\n",
].join("");

export const pageStyle = `
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif;--soft:#8884;--mark:#7a55c7}
body{margin:0}header{display:flex;gap:12px;align-items:center;padding:10px 20px;border-bottom:1px solid var(--soft);flex-wrap:wrap}
.chip{border:1px solid var(--mark);color:var(--mark);border-radius:4px;padding:0 7px;font-size:12px}
@media (prefers-color-scheme:dark){:root{--mark:#b59cf0}}
#state{margin-left:auto}#state::before{content:"";display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:7px;background:#888}
#state[data-state=idle]::before{background:#2a9d5c}#state[data-state=busy]::before{background:#c98500}
#state[data-state=lost]::before{background:none;border:2px solid #d24545;width:6px;height:6px}
main{max-width:52em;margin:0 auto;padding:12px 20px}
.cell{border:1px solid var(--soft);border-radius:6px;margin:10px 0;padding:8px}
.row{display:flex;gap:8px;align-items:center;flex-wrap:wrap}
textarea{width:100%;box-sizing:border-box;font:14px ui-monospace,monospace;border:0;background:transparent;color:inherit;resize:vertical}
pre{margin:6px 0 0;font:14px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
pre.error{color:#d24545}
button{font:inherit;font-size:14px;padding:3px 14px;border:1px solid #8888;border-radius:5px;background:#8881;color:inherit;cursor:pointer}
button:hover{background:#8883}
`;

/** Finds its kernel by the notebook's session, keeps the socket, and comes back by itself when either is lost. */
export const pageScript = `"use strict";
const base = document.body.dataset.base;
const words = ${JSON.stringify(words)};
const t = words[navigator.language.startsWith("ru") ? "ru" : "en"];
const file = "welcome.ipynb";
const at = (id) => document.getElementById(id);
document.documentElement.lang = t === words.ru ? "ru" : "en";
document.title = t.title;
for (const [id, word] of [["simulated", t.simulated], ["about", t.about], ["add", t.add], ["save", t.save]]) at(id).textContent = word;
const session = crypto.randomUUID().replaceAll("-", "");
const waiting = new Map();
let socket = null, kernel = null, pause = 300;
const show = (state) => { at("state").dataset.state = state; at("state").textContent = t[state]; };
const ask = async (path, init) => {
  const answer = await fetch(base + path, init);
  if (!answer.ok) throw Object.assign(new Error(path), { status: answer.status });
  return answer.status === 204 ? null : answer.json();
};
async function connect() {
  show(kernel === null ? "connecting" : "lost");
  try {
    const body = JSON.stringify({ path: file, type: "notebook", name: file, kernel: { name: "python3" } });
    kernel = (await ask("api/sessions", { method: "POST", body })).kernel.id;
    const url = new URL(base + "api/kernels/" + kernel + "/channels?session_id=" + session, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(url);
    socket.onopen = () => { pause = 300; send("kernel_info_request", {}); };
    socket.onmessage = (event) => hear(JSON.parse(event.data));
    socket.onclose = again;
  } catch { again(); }
}
function again() {
  socket = null;
  show("lost");
  setTimeout(connect, pause);
  pause = Math.min(pause * 1.6, 2000);
}
function send(type, content) {
  const id = crypto.randomUUID();
  const header = { msg_id: id, msg_type: type, session, username: "", date: new Date().toISOString(), version: "5.3" };
  socket.send(JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: "shell", buffers: [] }));
  return id;
}
function hear(message) {
  const type = message.header.msg_type;
  if (type === "status") show(message.content.execution_state);
  const cell = waiting.get(message.parent_header.msg_id);
  if (!cell) return;
  if (type === "stream") cell.say(message.content.text, false);
  if (type === "execute_result") cell.say(message.content.data["text/plain"], false);
  if (type === "error") cell.say(message.content.ename + ": " + message.content.evalue, true);
  if (type === "execute_reply") waiting.delete(message.parent_header.msg_id);
}
function addCell(source) {
  const box = document.createElement("div"), text = document.createElement("textarea"), out = document.createElement("pre");
  const button = document.createElement("button");
  box.className = "cell";
  text.value = source;
  text.rows = Math.max(1, source.split("\\n").length);
  text.spellcheck = false;
  text.setAttribute("aria-label", t.cell + " " + (at("cells").children.length + 1));
  button.textContent = t.run;
  const say = (more, wrong) => { out.textContent += more; out.className = wrong ? "error" : ""; };
  const run = () => {
    if (socket === null || socket.readyState !== 1) return;
    out.textContent = "";
    const code = text.value;
    waiting.set(send("execute_request", { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false }), { say });
  };
  button.onclick = run;
  text.onkeydown = (event) => { if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); run(); } };
  box.append(text, button, out);
  at("cells").append(box);
}
const cells = () => [...document.querySelectorAll("textarea")].map((text) => ({ cell_type: "code", source: text.value, metadata: {}, outputs: [], execution_count: null }));
at("add").onclick = () => addCell("");
at("save").onclick = async () => {
  const content = { cells: cells(), metadata: {}, nbformat: 4, nbformat_minor: 5 };
  await ask("api/contents/" + file, { method: "PUT", body: JSON.stringify({ type: "notebook", format: "json", content }) });
  at("saved").textContent = t.saved;
};
ask("api/contents/" + file).then(({ content }) => { for (const { source } of content.cells) addCell(source); }, () => addCell("1+1"));
connect();
`;
