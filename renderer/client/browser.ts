/** The browser door: a one-time code from the address is traded for a token, which opens the socket. */
import { RPCLink } from "@orpc/client/websocket";
import { type Dial, deferred, type Line } from "./line.ts";
import { Refused } from "./state.ts";

const TOKEN_KEY = "gatehouse.token";
const PROTOCOL = "gatehouse.v1";
const OPEN_LIMIT_MS = 5_000;

export function dialSocket(): Dial {
  // A new link pasted into this tab changes the fragment alone, and a browser loads nothing for that.
  window.addEventListener("hashchange", () => {
    if (codeInAddress() !== null) location.reload();
  });
  return async (signal) => {
    const token = await sessionToken(signal);
    const socket = new WebSocket(`ws://${location.host}/rpc`, [PROTOCOL, `token.${token}`]);
    socket.binaryType = "arraybuffer";
    try {
      await opened(socket, signal);
    } catch (error) {
      socket.close();
      // A browser doesn't say why an upgrade failed. Asking whether the token still holds tells the two cases apart.
      await askDoor({ token }, signal);
      throw error;
    }
    return lineOf(socket);
  };
}

/** The token of this tab: from the code in the address once, from the tab's own storage after a reload. */
async function sessionToken(signal: AbortSignal): Promise<string> {
  const code = takeCode();
  const kept = sessionStorage.getItem(TOKEN_KEY);
  if (code === null) {
    if (kept === null) throw new Refused("no-code");
    return kept;
  }
  try {
    const token = await askDoor({ code }, signal);
    sessionStorage.setItem(TOKEN_KEY, token);
    return token;
  } catch (error) {
    // The same address opened again in the tab that used it up: its session is still good.
    if (error instanceof Refused && kept !== null) return kept;
    throw error;
  }
}

/** Reads the code and takes it out of the address bar and the history in the same breath. */
function takeCode(): string | null {
  const code = codeInAddress();
  if (code !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return code;
}

function codeInAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get("code");
}

async function askDoor(body: { code: string } | { token: string }, signal: AbortSignal): Promise<string> {
  const answer = await fetch("/hand-over", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(OPEN_LIMIT_MS)]),
  });
  if (answer.status === 401) {
    if ("code" in body) throw new Refused("code-used");
    sessionStorage.removeItem(TOKEN_KEY);
    throw new Refused("session-ended");
  }
  if (!answer.ok) throw new Error(`the door answered ${answer.status}`);
  const { token }: { token?: unknown } = await answer.json();
  if (typeof token !== "string") throw new Error("the door answered without a token");
  return token;
}

function opened(socket: WebSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = deferred<void>();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(OPEN_LIMIT_MS)]);
  socket.addEventListener("open", () => resolve(), { once: true });
  socket.addEventListener("close", (event) => reject(new Error(`socket closed with ${event.code}`)), { once: true });
  limit.addEventListener("abort", () => reject(limit.reason), { once: true });
  return promise;
}

function lineOf(socket: WebSocket): Line {
  const { promise: closed, resolve } = deferred<void>();
  socket.addEventListener("close", () => resolve());
  return { link: new RPCLink<Record<never, never>>({ websocket: socket }), closed, close: () => socket.close() };
}
