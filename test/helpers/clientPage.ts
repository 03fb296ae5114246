import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Asset } from "../../electron/shells/page/index.ts";
import type { Connection } from "../../renderer/client/index.ts";

declare global {
  interface Window {
    /** The connection of the test page. */
    link: Connection;
    /** Every state it had, in order. */
    states: string[];
  }
}

const source = `
  import { connect } from ${JSON.stringify(fileURLToPath(new URL("../../renderer/client/index.ts", import.meta.url)))};
  const link = await connect();
  const note = (state) => { window.states.push(state.kind + (state.kind === "refused" ? ":" + state.reason : "")); };
  window.states = [];
  window.link = link;
  link.subscribe(note);
  note(link.state());
`;

/** A page that has nothing but the renderer's own client, to be asked by a test from outside. */
export async function clientPage(): Promise<ReadonlyMap<string, Asset>> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    format: "esm",
    target: "es2023",
    write: false,
  });
  const index: Asset = {
    type: "text/html; charset=utf-8",
    immutable: false,
    body: Buffer.from('<!doctype html><title>client</title><script type="module" src="/client.js"></script>'),
  };
  const script: Asset = {
    type: "text/javascript; charset=utf-8",
    immutable: false,
    body: Buffer.from(outputFiles[0]!.contents),
  };
  return new Map([
    ["/", index],
    ["/client.js", script],
  ]);
}
