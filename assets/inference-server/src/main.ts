import { fstatSync } from "node:fs";
import { checkHealth } from "./health.ts";
import { createLog, oneLine } from "./log.ts";
import { createMasker } from "./mask.ts";
import { startServer } from "./server.ts";
import { readSettings, SettingsError } from "./settings.ts";
import { WriteSecretError, writeSecret } from "./writeSecret.ts";

/** Together with the time to exit this stays within the two seconds that a stop may take. */
const GRACE_MS = 1_500;

/**
 * `inference-server.mjs`                     serves (README.md lists the settings)
 * `inference-server.mjs health`              exit 0 if the server of this container answers
 * `inference-server.mjs write-secret PATH`   standard input → a secret file
 */
async function main(argv: readonly string[]): Promise<number | null> {
  const [command, ...rest] = argv;
  if (command === undefined || command === "serve") return serve();
  if (command === "health") return (await checkHealth(process.env)) ? 0 : 1;
  if (command === "write-secret" && rest.length <= 1) {
    await writeSecret(rest[0], process.stdin, process.env);
    return 0;
  }
  complain("usage: inference-server.mjs [serve | health | write-secret PATH]");
  return 2;
}

async function serve(): Promise<number | null> {
  const settings = readSettings(process.env);
  delete process.env.AUTH_TOKEN;
  const masker = createMasker();
  const log = createLog((text) => void process.stdout.write(text), masker);
  for (const warning of settings.warnings) log.line("WARNING", warning);
  if (settings.fault === "die-at-start") {
    log.line("ERROR", "The practice fault die-at-start is on");
    return 1;
  }
  process.on("uncaughtException", (error) => {
    log.line("ERROR", `Stopped by a bug: ${error.name}: ${error.message}`);
    process.exit(1);
  });
  const server = await startServer(settings, { env: process.env, log, masker });
  const stop = () => {
    log.line("INFO", "Stopping");
    void server.stop(GRACE_MS).then(() => process.exit(0));
    // A run inside ONNX Runtime cannot be cut from here; the process can.
    setTimeout(() => process.exit(0), GRACE_MS + 300).unref();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  // The console holds the other end; when it was killed, nobody else would end its simulated containers.
  if (process.env.GATEHOUSE_PRACTICE === "1" && hasParent()) process.stdin.resume().once("end", stop);
  return null;
}

/** Standard input is a pipe or a socket that somebody holds, not `/dev/null`. */
function hasParent(): boolean {
  const input = fstatSync(0);
  return input.isFIFO() || input.isSocket();
}

function complain(text: string): void {
  process.stderr.write(`inference-server: ${oneLine(text)}\n`);
}

try {
  const code = await main(process.argv.slice(2));
  if (code !== null) process.exit(code);
} catch (error) {
  if (error instanceof SettingsError) complain(error.message);
  else if (error instanceof WriteSecretError) complain(error.message);
  else complain(error instanceof Error && "code" in error ? String(error.code) : "could not start");
  process.exit(error instanceof SettingsError ? 2 : error instanceof WriteSecretError ? error.exitCode : 1);
}
