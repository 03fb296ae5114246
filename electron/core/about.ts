import { createRequire } from "node:module";
import { release } from "node:os";
import type { AppInfo } from "../contract/app.ts";
import type { Actor } from "./ports.ts";
import type { StoreProblem } from "./store/index.ts";

/** What the program says of itself. `stores` are asked for files that were set aside at start. */
export function aboutProgram(about: {
  version: string;
  door: Actor["door"];
  dataFolder: string;
  stores: readonly { problem: StoreProblem | null }[];
}): AppInfo {
  const { electron, node } = process.versions;
  return {
    version: about.version,
    door: about.door,
    platform: `${process.platform} ${release()} ${process.arch}`,
    runtime: electron === undefined ? `Node ${node}` : `Electron ${electron}, Node ${node}`,
    dataFolder: about.dataFolder,
    sshCiphers: nativeCiphers() ? "native" : "javascript",
    setAside: about.stores.flatMap(({ problem }) =>
      problem === null ? [] : [{ file: problem.setAside, reason: problem.reason }],
    ),
  };
}

/** ssh2 loads its binding when it can and says nothing when it cannot; the binding is per ABI, so Electron may lack it. */
function nativeCiphers(): boolean {
  try {
    const require = createRequire(import.meta.url);
    require("ssh2/lib/protocol/crypto/build/Release/sshcrypto.node");
    return true;
  } catch {
    return false;
  }
}
