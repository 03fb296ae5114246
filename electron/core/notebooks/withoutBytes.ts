import { Transform } from "node:stream";
import type { Secret } from "../secrets/index.ts";

/** Takes a value out of a stream, also where it is cut in two: Jupyter writes its key into the pages that it makes. */
export function withoutBytes(secret: Secret): Transform {
  let rest: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      try {
        secret.use((value) => {
          const kept: Buffer[] = [];
          for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value)) {
            kept.push(bytes.subarray(0, at));
            bytes = bytes.subarray(at + value.length);
          }
          const hold = Math.min(bytes.length, value.length - 1);
          rest = Buffer.from(bytes.subarray(bytes.length - hold));
          kept.push(bytes.subarray(0, bytes.length - hold));
          this.push(Buffer.concat(kept));
        });
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    flush(done) {
      done(null, rest);
    },
  });
}
