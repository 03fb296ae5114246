import { ApiError, invalid } from "../errors.ts";
import { type JsonObject, member, object, onlyKnown, optionalFlag, optionalText } from "../validate.ts";
import type { BackendName } from "./types.ts";

const MOST_NAMES = 64;
const LONGEST_VALUE = 64 * 1024;

/** Names that steer this process or the loader rather than a library; taking them from a request would be code execution. */
const RESERVED = /^(AUTH_TOKEN|AUTH_TOKEN_FILE|PATH|NODE_.*|LD_.*|DYLD_.*|OPENSSL_.*|SSL_CERT_(FILE|DIR))$/;

export interface LoadRequest {
  backend: BackendName;
  engineParams: JsonObject;
  env: Map<string, string>;
  /** Demonstration: print each value on purpose, so that one can see the console's masking at work. */
  printCanary: boolean;
}

export function parseLoad(body: unknown): LoadRequest {
  const from = object(body, "the body");
  onlyKnown(from, ["engine_params", "env", "backend_class", "backend_module"]);
  const engineParams = object(member(from, "engine_params") ?? {}, "engine_params");
  return {
    backend: parseBackend(from),
    engineParams,
    env: parseEnv(member(from, "env") ?? {}),
    printCanary: optionalFlag(engineParams, "print_canary"),
  };
}

/** Both spellings are in use among clients; `backend_class` is the documented one and wins. */
function parseBackend(from: JsonObject): BackendName {
  const name = optionalText(from, "backend_class", 256) ?? optionalText(from, "backend_module", 256) ?? "echo";
  if (name !== "echo" && name !== "onnx") {
    throw new ApiError(400, "unknown_backend", "this server has the backends echo and onnx");
  }
  return name;
}

function parseEnv(value: unknown): Map<string, string> {
  const entries = Object.entries(object(value, "env"));
  if (entries.length > MOST_NAMES) throw invalid(`env holds more than ${MOST_NAMES} names`);
  return new Map(
    entries.map(([name, text], index) => {
      const where = `entry ${index + 1} of env`;
      if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) throw invalid(`the name of ${where} is not an identifier`);
      if (RESERVED.test(name)) throw invalid(`the name of ${where} is reserved`);
      if (typeof text !== "string") throw invalid(`the value of ${where} must be a text`);
      if (text.includes("\0")) throw invalid(`the value of ${where} holds a zero byte`);
      if (Buffer.byteLength(text) > LONGEST_VALUE) throw invalid(`the value of ${where} is longer than 64 KiB`);
      return [name, text];
    }),
  );
}
