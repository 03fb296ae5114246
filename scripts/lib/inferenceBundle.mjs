import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const entry = fileURLToPath(new URL("../../assets/inference-server/src/main.ts", import.meta.url));

/**
 * Bundles the reference model server into one file that plain Node 20 or newer runs. `onnxruntime-node` stays outside
 * (it is native) and is looked for from the place of the file; without it the server chats and answers 501 to tensors.
 *
 * @param {string} outfile where to write, usually `dist/inference-server.mjs`
 * @returns {Promise<void>}
 */
export async function buildInferenceServer(outfile) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    external: ["onnxruntime-node"],
    legalComments: "none",
    logLevel: "warning",
  });
}
