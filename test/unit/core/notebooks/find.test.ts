import { expect, test } from "vitest";
import type { Engine } from "../../../../electron/core/docker/index.ts";
import { findInContainer } from "../../../../electron/core/notebooks/find.ts";

const place = { kind: "container", containerId: "c1", name: "anna" } as const;
const file = JSON.stringify({
  ...{ base_url: "/", password: false, pid: 7, port: 8888, root_dir: "/w", secure: false, sock: "", token: "abc" },
  version: "2.0.0",
});
const listed = `\n#list jpserver\n${file}\n`;
const whole = `\n#file jpserver-7.json\n${file}\n#process 7\nUid:\t0\t0\t0\t0\nkey-in-arguments\n`;

/** An engine in which each look is answered by the next text; what was asked how. */
function engineSaying(...texts: string[]) {
  const asked: string[] = [];
  const engine = {
    async exec(_: string, command: readonly string[]) {
      asked.push(command.at(-1) ?? "");
      return { stdout: Buffer.from(texts[asked.length - 1] ?? "") };
    },
    inspect: async () => ({ ports: {} }),
  } as unknown as Engine;
  return { engine, asked };
}

test.each<[what: string, texts: string[], asked: string[], found: [uid: number | null, keyInArguments: boolean][]]>([
  ["with its file is seen at once", [whole], ["quick"], [[0, true]]],
  ["that is in a list alone is looked at again", ["", listed, whole], ["quick", "all", "quick"], [[0, true]]],
  ["that is in a list and nowhere else is kept", ["", listed, ""], ["quick", "all", "quick"], [[null, false]]],
  ["that is not there is not asked for again", ["", ""], ["quick", "all"], []],
])("a server %s", async (_, texts, asked, found) => {
  const { engine, asked: got } = engineSaying(...texts);
  const registrar = { register: () => {} };
  const servers = await findInContainer({ registrar, lookMs: 1_000 }, engine, place);
  expect(got).toEqual(asked);
  expect(servers.map(({ server }) => [server.uid, server.keyInArguments])).toEqual(found);
});
