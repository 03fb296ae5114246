/**
 * Failure on purpose, for the practice fleet and for tests of the console. Taken from `FAULT`, and only when
 * `GATEHOUSE_PRACTICE=1`: a real deployment cannot switch one on by accident.
 *
 * - `load-500`: `/v1/model/load` answers 500.
 * - `load-422-echo`: `/v1/model/load` answers 422 and hands the whole input back, as FastAPI with pydantic 2 does.
 * - `never-ready`: `/ready` stays 503, although the key is there.
 * - `die-at-start`: the process prints one line and exits with 1.
 * - `slow`: every answer but `/health` comes `FAULT_DELAY_MS` (2,000) milliseconds late.
 */
export const faults = ["load-500", "load-422-echo", "never-ready", "die-at-start", "slow"] as const;
export type Fault = (typeof faults)[number];

export interface Limits {
  /** `MAX_BODY_BYTES`: a longer body is answered with 413. */
  bodyBytes: number;
  /** `HEADERS_TIMEOUT_MS`: time for the request line and headers to arrive. */
  headersMs: number;
  /** `BODY_TIMEOUT_MS`: time for the body to arrive. */
  bodyMs: number;
  /** `MAX_CONNECTIONS`: further ones are dropped. */
  connections: number;
}

export interface Settings {
  host: string;
  port: number;
  /** `MODEL_DIR`: the only folder that model files are opened from. */
  modelDir: string;
  /** `file` wins where both are given. */
  key: { from: "file"; path: string } | { from: "environment"; key: string };
  tls: { certFile: string; keyFile: string } | null;
  limits: Limits;
  fault: Fault | null;
  faultDelayMs: number;
  /** Told at the start: something that was set and is not followed. */
  warnings: string[];
}

export type Environment = Record<string, string | undefined>;

/** A setting that the server refuses to start with. The text is fixed and names the variable, never its value. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Reads the settings. The caller removes `AUTH_TOKEN` from the environment afterwards. */
export function readSettings(env: Environment): Settings {
  const warnings: string[] = [];
  return {
    host: env.HOST || "0.0.0.0",
    port: integer(env, "PORT", 8000, 0, 65_535),
    modelDir: env.MODEL_DIR || "/models",
    key: readKey(env),
    tls: readTls(env),
    limits: {
      bodyBytes: integer(env, "MAX_BODY_BYTES", 8 * 1024 * 1024, 1_024, 256 * 1024 * 1024),
      headersMs: integer(env, "HEADERS_TIMEOUT_MS", 10_000, 100, 600_000),
      bodyMs: integer(env, "BODY_TIMEOUT_MS", 20_000, 100, 600_000),
      connections: integer(env, "MAX_CONNECTIONS", 64, 1, 10_000),
    },
    fault: readFault(env, warnings),
    faultDelayMs: integer(env, "FAULT_DELAY_MS", 2_000, 0, 600_000),
    warnings,
  };
}

/** The two settings that `health` needs as well. */
export function readTls(env: Environment): Settings["tls"] {
  const certFile = env.TLS_CERT_FILE || "";
  const keyFile = env.TLS_KEY_FILE || "";
  if (certFile === "" && keyFile === "") return null;
  if (certFile === "" || keyFile === "") throw new SettingsError("TLS_CERT_FILE and TLS_KEY_FILE go together");
  return { certFile, keyFile };
}

export function integer(env: Environment, name: string, fallback: number, least: number, most: number): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new SettingsError(`${name} is not a number from ${least} to ${most}`);
  return value;
}

function readKey(env: Environment): Settings["key"] {
  if (env.AUTH_TOKEN_FILE) return { from: "file", path: env.AUTH_TOKEN_FILE };
  if (env.AUTH_TOKEN) return { from: "environment", key: env.AUTH_TOKEN };
  throw new SettingsError("no API key: set AUTH_TOKEN_FILE (preferred) or AUTH_TOKEN");
}

function readFault(env: Environment, warnings: string[]): Fault | null {
  if (!env.FAULT) return null;
  if (env.GATEHOUSE_PRACTICE !== "1") {
    warnings.push("FAULT is ignored outside the practice fleet");
    return null;
  }
  const fault = faults.find((name) => name === env.FAULT);
  if (fault === undefined) throw new SettingsError(`FAULT is none of: ${faults.join(", ")}`);
  return fault;
}
