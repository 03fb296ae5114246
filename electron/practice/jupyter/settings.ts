import type { Random } from "../../core/ports.ts";
import { FileError } from "../shell/files.ts";
import type { Call } from "../shell/run.ts";

/** What a server is told by its arguments and its environment. */
export interface Settings {
  /** `127.0.0.1` or `0.0.0.0`; whatever else is asked for is the latter. */
  ip: "127.0.0.1" | "0.0.0.0";
  port: number;
  /** Begins and ends with a slash. */
  basePath: string;
  folder: string;
  /** From the arguments; `null` when they say nothing. */
  token: string | null;
  allowRoot: boolean;
}

export function settingsOf(args: readonly string[], env: Readonly<Record<string, string>>): Settings {
  const values = new Map<string, string>();
  for (const word of args) {
    const match = /^--(?:(?:ServerApp|NotebookApp|IdentityProvider)\.)?([a-z_-]+)(?:=(.*))?$/.exec(word);
    if (match !== null) values.set((match[1] ?? "").replaceAll("-", "_"), match[2] ?? "True");
  }
  const base = (values.get("base_url") ?? "").split("/").filter((part) => /^[\w.@~-]+$/.test(part));
  const ip = values.get("ip") ?? "localhost";
  return {
    ip: ["127.0.0.1", "localhost"].includes(ip) ? "127.0.0.1" : "0.0.0.0",
    port: Number(values.get("port") ?? 8888) || 8888,
    basePath: base.length === 0 ? "/" : `/${base.join("/")}/`,
    folder: values.get("root_dir") ?? values.get("notebook_dir") ?? env.PWD ?? env.HOME ?? "/",
    token: values.get("token") ?? null,
    allowRoot: values.get("allow_root") === "True",
  };
}

/** The key, and how Jupyter prints it; `null` when the file that should hold it cannot be read. */
export function keyOf(
  { token }: Settings,
  { env, files }: Pick<Call, "env" | "files">,
  random: Random,
): { value: string; shown: string } | null {
  if (token !== null) return { value: token, shown: token === "" ? "" : "..." };
  if (env.JUPYTER_TOKEN) return { value: env.JUPYTER_TOKEN, shown: "..." };
  if (env.JUPYTER_TOKEN_FILE) {
    try {
      return { value: files.read(env.JUPYTER_TOKEN_FILE).toString("utf8"), shown: "..." };
    } catch (error) {
      if (error instanceof FileError) return null;
      throw error;
    }
  }
  const made = random.bytes(24).toString("hex");
  return { value: made, shown: made };
}

/** Where Jupyter keeps what is true for this run alone (jupyter_core, `paths.py`). */
export function runtimeDirOf(env: Readonly<Record<string, string>>): string {
  if (env.JUPYTER_RUNTIME_DIR) return env.JUPYTER_RUNTIME_DIR;
  const data = env.JUPYTER_DATA_DIR || `${env.XDG_DATA_HOME || `${env.HOME ?? ""}/.local/share`}/jupyter`;
  return `${data}/runtime`;
}
