import type { IncomingMessage } from "node:http";
import type { Random } from "../../core/ports.ts";
import { type Answer, bodyOf, html, redirect, same } from "./answers.ts";
import { loginHtml } from "./page.ts";

export interface AdmissionOptions {
  random: Pick<Random, "bytes">;
  /** Empty: everybody gets in. */
  token: string;
  basePath: string;
  port: number;
  /** It is asked by any name: as the real one, where it listens on every address. */
  anyName: boolean;
}

/** Who gets in: by the token in a header or an address, or by the cookie that Jupyter gives for it. */
export interface Admission {
  /** The way in that a request shows; `null` for none. */
  way(request: IncomingMessage): "token" | "cookie" | null;
  /** Names other than of this machine are refused, as against DNS rebinding. */
  isNamed(request: IncomingMessage): boolean;
  /** A header with a cookie for whoever showed the token. */
  cookie(): Record<string, string>;
  login(request: IncomingMessage): Promise<Answer>;
}

const mostCookies = 50;

export function createAdmission({ random, token, basePath, port, anyName }: AdmissionOptions): Admission {
  const cookies = new Set<string>();
  const cookieName = `username-127-0-0-1-${port}`;

  function cookie(): Record<string, string> {
    const value = random.bytes(24).toString("base64url");
    if (cookies.size >= mostCookies) cookies.clear();
    cookies.add(value);
    return { "set-cookie": `${cookieName}=${value}; HttpOnly; Path=${basePath}` };
  }

  return {
    way({ url = "/", headers }) {
      if (token === "") return "token";
      const inAddress = new URL(url, "http://x").searchParams.get("token");
      const given = inAddress ?? /^(?:token|Bearer)\s+(.+)$/.exec(headers.authorization ?? "")?.[1];
      if (given !== undefined && same(given, token)) return "token";
      const shown = (headers.cookie ?? "").split(/;\s*/).find((each) => each.startsWith(`${cookieName}=`));
      return shown !== undefined && cookies.has(shown.slice(cookieName.length + 1)) ? "cookie" : null;
    },
    isNamed({ headers }) {
      const name = (headers.host ?? "").replace(/:\d+$/, "");
      return anyName || ["127.0.0.1", "localhost", "[::1]"].includes(name);
    },
    cookie,
    async login(request) {
      if (request.method !== "POST") return html(loginHtml);
      const form = new URLSearchParams(await bodyOf(request));
      return same(form.get("password") ?? "", token) ? redirect(basePath, cookie()) : html(loginHtml, 401);
    },
  };
}
