import { FileError } from "./files.ts";
import type { Call } from "./run.ts";

/** Prints and answers 0: what most programs end with. */
export async function print(call: Call, text: string): Promise<number> {
  await call.out(text);
  return 0;
}

/** Complains on standard error and answers `status`. */
export async function complain(call: Call, text: string, status = 1): Promise<number> {
  await call.err(`${text}\n`);
  return status;
}

/** All of a program's input, at most 1 MiB. */
export async function readInput(call: Call): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of call.stdin) {
    size += chunk.length;
    if (size > 1_048_576) throw new FileError("ENOSPC");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
