import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge } from "../../../../electron/core/notebooks/judge.ts";
import { readLook } from "../../../../electron/core/notebooks/look.ts";
import { readMemory } from "../../../../electron/core/notebooks/start.ts";
import type { FoundAt, FoundServer } from "../../../../electron/core/notebooks/types.ts";
import { Secret } from "../../../../electron/core/secrets/index.ts";

const keyOf = (text: string) => new Secret({ register: () => {} }, "key", Buffer.from(text));

const file = (more: object = {}) =>
  JSON.stringify(
    {
      base_url: "/",
      password: false,
      pid: 71,
      port: 8888,
      root_dir: "/w",
      secure: false,
      sock: "",
      token: "abc",
      version: "1.23.3",
      ...more,
    },
    null,
    1,
  );

/** `/proc/net/tcp`: 127.0.0.1:8888, then 0.0.0.0:24567. */
const loopback = "   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41 1 x";
const everywhere = "   1: 00000000:5FF7 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 42 1 x";
const everywhere6 = `   2: ${"0".repeat(32)}:5FF7 ${"0".repeat(32)}:0000 0A 00000000:00000000 00:00000000 00000000 0 0 43 1 x`;
const mapped = `   3: 0000000000000000FFFF00000100007F:22B8 ${"0".repeat(32)}:0000 0A 00000000:00000000 00:00000000 00000000 0 0 44 1 x`;

const plain = (servers: FoundServer[]) =>
  servers.map((server) => ({
    ...server,
    key: server.key === null ? null : server.key.use((value) => value.toString()),
  }));

const usual = {
  pid: 71,
  port: 8888,
  socket: "",
  basePath: "/",
  folder: "/w",
  version: "1.23.3",
  program: "server",
  secure: false,
  login: "key",
  key: "abc",
  addresses: [],
  uid: null,
  keyInArguments: false,
};

describe("what a look at a host says", () => {
  test.each<[string, string[], object[]]>([
    ["nothing", [""], []],
    ["a runtime file", ["#file jpserver-71.json", file()], [usual]],
    [
      "Notebook 6",
      ["#file nbserver-71.json", file({ root_dir: undefined, notebook_dir: "/n", version: undefined })],
      [{ ...usual, program: "notebook", folder: "/n", version: "" }],
    ],
    ["a list", ["#list jpserver", `[${file()}]`], [usual]],
    [
      "a value a line, with words before it",
      ["#list jpserver", "Currently running:", JSON.stringify(JSON.parse(file()))],
      [usual],
    ],
    [
      "its process and its socket",
      [
        "#file jpserver-71.json",
        file(),
        "#process 71",
        "Uid:\t1000\t1000\t1000\t1000",
        "inode 41",
        "#sockets",
        loopback,
      ],
      [{ ...usual, uid: 1000, addresses: ["127.0.0.1"] }],
    ],
    [
      "everywhere, in both families, asked for port 0",
      [
        "#file jpserver-71.json",
        file({ port: 0 }),
        "#process 71",
        "inode 42",
        "inode 43",
        "#sockets",
        everywhere,
        everywhere6,
      ],
      [{ ...usual, port: 24_567, addresses: ["0.0.0.0", "::"] }],
    ],
    [
      "IPv4 in IPv6 clothes",
      ["#file jpserver-71.json", file(), "#process 71", "inode 44", "#sockets", mapped],
      [{ ...usual, addresses: ["127.0.0.1"] }],
    ],
    [
      "a key that all may read",
      ["#file jpserver-71.json", file({ password: true }), "#process 71", "key-in-arguments"],
      [{ ...usual, login: "both", keyInArguments: true }],
    ],
    ["no way in to keep", ["#file jpserver-71.json", file({ token: "" })], [{ ...usual, login: "none", key: null }]],
    [
      "a path of its own",
      ["#file jpserver-71.json", file({ base_url: "/team//a" })],
      [{ ...usual, basePath: "/team/a/" }],
    ],
    ["the same server twice", ["#file jpserver-71.json", file(), "#list jpserver", `[${file()}]`], [usual]],
    ["a page in place of it", ["#file jpserver-71.json", "<html>no</html>"], []],
    ["a port that is none", ["#file jpserver-71.json", file({ port: 99_999 })], []],
  ])("%s", (_, lines, expected) => {
    expect(plain(readLook(lines.join("\n"), keyOf))).toEqual(expected);
  });

  test("cut anywhere, it is at worst nothing", () => {
    const whole = ["#file jpserver-71.json", file(), "#process 71", "inode 41", "#sockets", loopback].join("\n");
    fc.assert(
      fc.property(fc.nat(whole.length), (at) => {
        for (const server of plain(readLook(whole.slice(0, at), keyOf))) expect(server.port).toBe(8888);
      }),
    );
  });
});

describe("judging", () => {
  const at = (server: Partial<FoundServer>, more: Partial<FoundAt> = {}): FoundAt => ({
    place: { kind: "host" },
    published: [],
    ...more,
    server: { ...usual, key: null, program: "server", login: "key", ...server },
  });
  const inContainer = { place: { kind: "container", containerId: "c".repeat(12), name: "lab" } } as const;
  test.each<[string, FoundAt, string[]]>([
    ["loopback with a key", at({ addresses: ["127.0.0.1"] }), []],
    ["nothing known of its sockets", at({}), []],
    ["everywhere", at({ addresses: ["0.0.0.0"] }), ["high listens-everywhere 0.0.0.0:8888"]],
    ["everywhere, IPv6", at({ addresses: ["::1", "::"] }), ["high listens-everywhere :::8888"]],
    [
      "everywhere without a login",
      at({ addresses: ["::"], login: "none" }),
      ["critical listens-everywhere :::8888", "critical no-login 8888"],
    ],
    ["one outside address", at({ addresses: ["10.0.0.5"] }), ["high reachable 10.0.0.5:8888"]],
    ["both logins", at({ login: "both" }), ["medium two-logins 8888"]],
    ["root", at({ uid: 0 }), ["high runs-as-root root"]],
    ["a key in its arguments", at({ keyInArguments: true }), ["high key-in-arguments 71"]],
    ["everywhere inside a container", at({ addresses: ["0.0.0.0"] }, inContainer), []],
    [
      "a container's port on the network",
      at({ addresses: ["0.0.0.0"] }, { ...inContainer, published: ["127.0.0.1", "0.0.0.0"] }),
      ["high reachable 0.0.0.0:8888"],
    ],
    ["a container's port on loopback", at({}, { ...inContainer, published: ["127.0.0.1"] }), []],
  ])("%s", (_, found, expected) => {
    expect(judge(found).map(({ severity, id, at: where }) => `${severity} ${id} ${where}`)).toEqual(expected);
  });
});

test("memory of kernels is told by their ids", () => {
  const text = [
    " 501 13996 /usr/bin/python3 -m ipykernel_launcher -f /r/kernel-9ff32604-6204.json",
    " 502 20 grep kernel-",
    "#gpu",
    "501, 1024",
    "501, 1024",
    "777, 5",
  ].join("\n");
  expect([...readMemory(text)]).toEqual([
    ["9ff32604-6204", { memoryBytes: 13996 * 1024, gpuMemoryBytes: 2048 * 2 ** 20 }],
  ]);
});
