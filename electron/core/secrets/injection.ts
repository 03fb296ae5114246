/** Ways of a value into a container. It is never in an argument, an environment, a label or on a disk. */
import type { DeliveryReason } from "../../contract/containers.ts";
import type { Engine } from "../docker/index.ts";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { Cancellable, Random } from "../ports.ts";
import { Secret, type SecretRegistrar } from "./secret.ts";
import { textOf } from "./values.ts";

export type Delivery = "memory" | "file";

export const apiKeyName = "AUTH_TOKEN";

/** A fresh key of 256 bits for one start of one model server, 43 characters of base64url. */
export function createApiKey(random: Pick<Random, "bytes">, registrar: SecretRegistrar): Secret {
  const raw = random.bytes(32);
  const text = Buffer.from(raw.toString("base64url"), "latin1");
  const secret = new Secret(registrar, apiKeyName, text);
  raw.fill(0);
  text.fill(0);
  return secret;
}

/** Keys of running model servers, by container id. */
export interface ApiKeys {
  put(containerId: string, value: Secret): Promise<void>;
  get(containerId: string): Promise<Secret | null>;
  /** Removing what is not there is not an error. */
  remove(containerId: string): Promise<void>;
}

export interface OwnKeysForServers {
  get(name: string): Promise<Buffer | null>;
  put(name: string, value: Uint8Array): Promise<void>;
  remove(name: string): Promise<unknown>;
}

/** Keeps them among the console's own keys, so that a restart of the console can still ask its containers. */
export function createApiKeys(own: OwnKeysForServers, registrar: SecretRegistrar): ApiKeys {
  const nameOf = (containerId: string) => `api-key-${containerId.slice(0, 32)}`;
  return {
    async put(containerId, secret) {
      const copy = secret.use((value) => Buffer.from(value));
      try {
        await own.put(nameOf(containerId), copy);
      } finally {
        copy.fill(0);
      }
    },
    async get(containerId) {
      const value = await own.get(nameOf(containerId));
      if (value === null) return null;
      const secret = new Secret(registrar, apiKeyName, value);
      value.fill(0);
      return secret;
    },
    async remove(containerId) {
      await own.remove(nameOf(containerId));
    },
  };
}

/**
 * The way that a secret takes: what was asked for when the image can, else the strongest that it can.
 * `INJECTION_UNSUPPORTED` {secret, delivery} when it can't. `isText` is false for a value that is no UTF-8, which a
 * JSON body cannot carry.
 */
export function chooseDelivery(
  supported: readonly Delivery[],
  wanted: Delivery | "auto",
  of: { name: string; isText: boolean },
): { delivery: Delivery; why: DeliveryReason } {
  const possible = supported.filter((delivery) => delivery === "file" || of.isText);
  if (wanted !== "auto") {
    if (!possible.includes(wanted)) {
      const reason = supported.includes(wanted) ? "not-text" : "not-supported";
      throw new Failure("INJECTION_UNSUPPORTED", { secret: of.name, delivery: wanted, reason });
    }
    return { delivery: wanted, why: wanted === supported[0] ? "asked-strongest" : "asked" };
  }
  const [best] = possible;
  if (best === undefined) {
    throw new Failure("INJECTION_UNSUPPORTED", { secret: of.name, delivery: wanted, reason: "no-way" });
  }
  if (best === "memory") return { delivery: best, why: "strongest-memory" };
  return { delivery: best, why: supported[0] === "memory" ? "not-text" : "strongest-file" };
}

export function isTextSecret(secret: Secret): boolean {
  return secret.use((value) => textOf(value) !== null && !value.includes(0));
}

export interface FileDelivery extends Cancellable {
  /** Absolute, below `/run/secrets`. */
  path: string;
  /** As the container's own user: `10001:10001`. */
  user: string;
  /** A program of the image that writes its standard input to the path that is appended; `null` for a shell. */
  writer: readonly string[] | null;
  secret: Secret;
  /** Masks what the program said before it is told. */
  mask(text: string): string;
}

/** Whole or not at all, and never readable by another user: a sibling of mode 0400 that is renamed into place. */
const shellWriter = [
  "sh",
  "-c",
  'umask 077; rm -f "$1.tmp"; cat > "$1.tmp" && chmod 0400 "$1.tmp" && mv -f "$1.tmp" "$1"',
  "sh",
];
const writeLimitMs = 20_000;

/**
 * Writes the value over the exec channel's standard input into a file on the container's tmpfs.
 * `INJECTION_UNSUPPORTED` {secret, reason} when the image has no such program; `ENGINE_ERROR` {operation, reason} when
 * the program failed.
 */
export async function deliverFile(engine: Pick<Engine, "exec">, containerId: string, to: FileDelivery): Promise<void> {
  const { name } = to.secret;
  if (!/^\/run\/secrets\/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(to.path)) {
    throw new Failure("INJECTION_UNSUPPORTED", { secret: name, reason: "the path is not below /run/secrets" });
  }
  const argv = [...(to.writer ?? shellWriter), to.path];
  const stdin = to.secret.use((value) => Buffer.from(value));
  try {
    const result = await engine.exec(containerId, argv, {
      stdin,
      user: to.user,
      timeoutMs: writeLimitMs,
      maxBytes: 16_384,
      signal: to.signal,
    });
    if (result.code === 0) return;
    const said = firstLine(to.mask(Buffer.concat([result.stderr, result.stdout]).toString("utf8")));
    if (result.code === 126 || result.code === 127 || isProgramMissing(said)) throw unsupported(name, said);
    throw new Failure("ENGINE_ERROR", { operation: `exec ${argv[0]}`, reason: said || `exit status ${result.code}` });
  } catch (error) {
    if (isFailure(error, "ENGINE_ERROR") && isProgramMissing(JSON.stringify(error.details))) {
      throw unsupported(name, `the image has no ${argv[0]}`);
    }
    throw error;
  } finally {
    stdin.fill(0);
  }
}

function unsupported(secret: string, reason: string): Failure {
  return new Failure("INJECTION_UNSUPPORTED", { secret, reason: reason || "the program is not in the image" });
}

function isProgramMissing(text: string): boolean {
  return /executable file not found|no such file or directory.*exec|exec.*no such file or directory/i.test(text);
}

function firstLine(text: string): string {
  return (text.trim().split("\n")[0] ?? "").slice(0, 200);
}

/** What a model server is asked to load; made by the inference room. */
export interface ModelLoader {
  load(body: Buffer, options: Cancellable): Promise<void>;
}

export interface LoadOrder {
  backend: string;
  engineParams: Readonly<Record<string, string | number | boolean>>;
  env: readonly { name: string; secret: Secret }[];
}

/**
 * Gives the model server its secrets in memory and the model to load: body of `POST /v1/model/load`. The body is bytes
 * from end to end, so that it can be overwritten: a string would lie in the heap until it is collected.
 */
export async function deliverMemory(server: ModelLoader, order: LoadOrder, options: Cancellable = {}): Promise<void> {
  const body = loadBody(order);
  try {
    await server.load(body, options);
  } catch (error) {
    if (isFailure(error)) throw error;
    throw new Failure("SERVER_ERROR", { reason: reasonOf(error) });
  } finally {
    body.fill(0);
  }
}

export function loadBody({ backend, engineParams, env }: LoadOrder): Buffer {
  const head = JSON.stringify({ backend_class: backend, engine_params: engineParams });
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"env":{`)];
  env.forEach(({ name, secret }, index) => {
    parts.push(Buffer.from(`${index === 0 ? "" : ","}${JSON.stringify(name)}:"`));
    parts.push(secret.use(jsonEscaped), Buffer.from('"'));
  });
  parts.push(Buffer.from("}}"));
  const body = Buffer.concat(parts);
  for (const part of parts) part.fill(0);
  return body;
}

/** The inside of a JSON string (RFC 8259 §7) from UTF-8 bytes. */
function jsonEscaped(value: Buffer): Buffer {
  const out = Buffer.alloc(value.length * 6);
  let length = 0;
  for (const byte of value) {
    if (byte === 0x22 || byte === 0x5c) {
      out[length++] = 0x5c;
      out[length++] = byte;
    } else if (byte < 0x20) {
      length += out.write(`\\u${byte.toString(16).padStart(4, "0")}`, length, "latin1");
    } else out[length++] = byte;
  }
  const exact = Buffer.from(out.subarray(0, length));
  out.fill(0);
  return exact;
}
