/** What stands beside the rows and knows how far the log had come: the signed checkpoints. */
import { errorCode } from "../store/index.ts";
import { type Checkpoint, parseCheckpoint, signatureFits } from "./checkpoint.ts";
import { linesOf } from "./lines.ts";
import type { DamageKind, VerifyOptions } from "./look.ts";
import { fingerprint, keyMark } from "./publicKey.ts";
import { type Remark, remarks } from "./remarks.ts";
import { CHECKPOINTS_FILE } from "./segments.ts";

export interface Witnesses {
  /** Those whose signature fits, with their line. */
  checkpoints: (Checkpoint & { line: number })[];
}

type Tell = (kind: DamageKind, file: string, line: number, seq: number | null, note: string) => void;

export async function readCheckpoints(
  file: string,
  options: Pick<VerifyOptions, "publicKey" | "signal">,
  tell: Tell,
  unchecked: Remark[],
): Promise<Witnesses> {
  const checkpoints: Witnesses["checkpoints"] = [];
  const keys = new Map<string, string>();
  const damaged = (kind: DamageKind, line: number, seq: number | null, note: string) =>
    tell(kind, CHECKPOINTS_FILE, line, seq, note);

  const take = (bytes: Buffer, line: number) => {
    const parsed = parseCheckpoint(bytes);
    if (parsed === null) return damaged("altered", line, null, "the line is not as it was written");
    if (parsed.kind === "key") {
      if (!signatureFits(parsed.public_key, parsed))
        return damaged("altered", line, null, "the key's own signature does not fit");
      keys.set(keyMark(parsed.public_key), parsed.public_key);
      if (options.publicKey !== undefined && parsed.public_key !== options.publicKey) {
        damaged(
          "unknown-key",
          line,
          null,
          `checkpoints from here on may be signed by another key (${fingerprint(parsed.public_key)})`,
        );
      }
      return;
    }
    const key = keys.get(parsed.key);
    if (key === undefined) return damaged("altered", line, parsed.seq, "no key above it in the file has this mark");
    if (!signatureFits(key, parsed))
      return damaged("altered", line, parsed.seq, "the checkpoint's signature does not fit");
    checkpoints.push({ ...parsed, line });
  };

  try {
    for await (const { bytes, line, ended } of linesOf(file, options.signal)) {
      if (ended) take(bytes, line);
      else damaged("torn", line, null, "the last line has no end");
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (errorCode(error) !== "ENOENT")
      damaged("unreadable", 0, null, `it cannot be read (${errorCode(error) ?? "unknown"})`);
  }
  if (checkpoints.length === 0) unchecked.push(remarks.noCheckpoints());
  if (options.publicKey === undefined) {
    for (const key of keys.values()) {
      unchecked.push(remarks.ownKey(fingerprint(key)));
    }
  }
  return { checkpoints };
}
