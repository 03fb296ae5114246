import { request } from "node:http";
import { isAbsolute, posix } from "node:path";
import { FileError, isWithin } from "../../shell/files.ts";
import { complain, print, readInput } from "../../shell/io.ts";
import type { Call } from "../../shell/run.ts";
import type { Container } from "../types.ts";
import { tmpfsMounts } from "./kernel.ts";

/** The two commands of the reference server besides serving; any other script is not simulated. */
export async function node(call: Call, container: Container): Promise<number> {
  const [, script = "", command = "", target = ""] = call.argv;
  if (script === "-e") return listSecrets(call, command);
  if (posix.basename(script) !== "inference-server.mjs")
    return complain(call, `node: cannot find module '${script}'`, 1);
  if (command === "health") return (await probeHealth(container.program?.port ?? null)) === 200 ? 0 : 1;
  if (command !== "write-secret")
    return complain(call, "inference-server: usage: inference-server.mjs [serve | health | write-secret PATH]", 2);
  return writeSecret(call, container, target);
}

/** A listing of `/run/secrets` is the one script that the console gives to the image's Node; no code is run for it. */
function listSecrets(call: Call, script: string): Promise<number> {
  const listing = script.includes("readdirSync") && script.includes('"/run/secrets"');
  if (!listing) return complain(call, "node: scripts are not part of the simulation", 9);
  const rows = call.files.list("/run/secrets").flatMap((name) => {
    const found = call.files.stat(posix.join("/run/secrets", name));
    return found?.type === "file" ? `${found.mode.toString(8).padStart(4, "0")} ${found.uid} ${name}\n` : [];
  });
  return print(call, rows.join(""));
}

async function writeSecret(call: Call, container: Container, target: string): Promise<number> {
  const path = isAbsolute(target) ? posix.normalize(target) : posix.join("/", target);
  const plain = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(posix.basename(path));
  if (path === "/run/secrets" || !isWithin(path, "/run/secrets") || !plain) {
    return complain(call, "inference-server: the path is not a plain name below the secrets folder", 2);
  }
  if (!tmpfsMounts(container).some(([mount]) => isWithin("/run/secrets", posix.normalize(mount)))) {
    return complain(call, "inference-server: the secrets folder is not in memory: mount a tmpfs there");
  }
  try {
    const value = await readInput(call);
    if (value.length === 0) return complain(call, "inference-server: the value is empty");
    if (value.length > 65_536) return complain(call, "inference-server: the value is larger than 64 KiB");
    const parent = posix.dirname(path);
    if (call.files.stat(parent) === null) call.files.makeDirectory(parent, 0o700);
    // Whole or not at all: an existing file is replaced, not written into.
    const temporary = `${path}.tmp`;
    call.files.write(temporary, value, 0o400, false);
    call.files.rename(temporary, path);
    value.fill(0);
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return complain(call, `inference-server: the file could not be written: ${error.code}`);
  }
}

/** Status of `GET /health` of a container's server; `null` when it does not answer within two seconds. */
export function probeHealth(port: number | null): Promise<number | null> {
  if (port === null) return Promise.resolve(null);
  return new Promise((resolve) => {
    const probe = request({ host: "127.0.0.1", port, path: "/health", timeout: 2_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(null));
    probe.on("close", () => resolve(null));
    probe.end();
  });
}
