import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { isFailure } from "../../../../../electron/core/failure.ts";
import { systemClock } from "../../../../../electron/core/node.ts";
import { evaluate, namesIn, runsPrograms } from "../../../../../electron/core/ssh/config/evaluate.ts";
import { readConfig } from "../../../../../electron/core/ssh/config/files.ts";
import { createSshConfig } from "../../../../../electron/core/ssh/config/index.ts";
import { parseLines } from "../../../../../electron/core/ssh/config/lines.ts";
import { parseDump } from "../../../../../electron/core/ssh/config/openssh.ts";
import { findRoute, parseHop, type WantedHost } from "../../../../../electron/core/ssh/config/targets.ts";
import { tempFolder } from "../../../../helpers/ports.ts";

const folder = tempFolder();
afterAll(folder.cleanup);

let homes = 0;
/** A home with this configuration and these further files; resolution is by the reader of our own unless told otherwise. */
function home(config: string, files: Record<string, string> = {}, program = "/nonexistent/ssh") {
  homes += 1;
  const path = join(folder.path, `home-${homes}`);
  mkdirSync(join(path, ".ssh"), { recursive: true });
  writeFileSync(join(path, ".ssh", "config"), config.replaceAll("HOME", path));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(path, ".ssh", name), text.replaceAll("HOME", path));
  const deps = {
    file: join(path, ".ssh", "config"),
    usual: false,
    home: path,
    localUser: "me",
    env: process.env,
    clock: systemClock(),
  };
  return { path, config: createSshConfig({ ...deps, program }) };
}

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

const everyday = `
# work
Host gpu-07 gpu-08
  HostName %h.example.net
  User ops
  Port 2222
  IdentityFile "HOME/.ssh/work key"
  IdentityFile ~/.ssh/second
  IdentitiesOnly yes
  ProxyJump hop@bastion:2200
  ServerAliveInterval 15
  ServerAliveCountMax 4
  ConnectTimeout=7
  StrictHostKeyChecking accept-new
  HostKeyAlias gpus
  UserKnownHostsFile ~/.ssh/kh1 ~/.ssh/kh2
  PreferredAuthentications publickey,keyboard-interactive
  Ciphers aes256-ctr

Host plain
  StrictHostKeyChecking no
  ProxyCommand nc -x proxy:1080 %h %p

Host *
  User everybody
`;

describe("what a configuration says of a host", () => {
  const both = ["parser", "ssh"] as const;

  test.each(both)("read by %s", async (by) => {
    const { path, config } = home(everyday, {}, by === "ssh" ? "ssh" : "/nonexistent/ssh");
    const found = await config.resolve("gpu-07");
    expect({ ...found, globalKnownHosts: [] }).toEqual({
      alias: "gpu-07",
      resolvedBy: by,
      address: "gpu-07.example.net",
      port: 2222,
      user: "ops",
      identityFiles: [join(path, ".ssh/work key"), join(path, ".ssh/second")],
      identitiesOnly: true,
      identityAgent: null,
      certificateFiles: [],
      jumps: ["hop@bastion:2200"],
      proxyCommand: null,
      hostKeyAlias: "gpus",
      userKnownHosts: [expect.stringMatching(/kh1$/), expect.stringMatching(/kh2$/)],
      globalKnownHosts: [],
      strict: "accept-new",
      keepAlive: { intervalMs: 15_000, misses: 4 },
      connectTimeoutMs: 7_000,
      preferred: ["publickey", "keyboard-interactive"],
      notHonoured: ["ciphers aes256-ctr"],
    });
  });

  test.each(both)("a key check that is switched off is a question all the same, and told: %s", async (by) => {
    const { config } = home(everyday, {}, by === "ssh" ? "ssh" : "/nonexistent/ssh");
    const found = await config.resolve("plain");
    expect({ strict: found.strict, command: found.proxyCommand, user: found.user }).toEqual({
      strict: "ask",
      command: "nc -x proxy:1080 plain 22",
      user: "everybody",
    });
    expect(found.notHonoured).toEqual([expect.stringMatching(/^stricthostkeychecking (no|false)$/)]);
  });

  test("a name that stands nowhere gets what holds for all", async () => {
    const { config } = home(everyday);
    expect(await config.resolve("elsewhere")).toMatchObject({ address: "elsewhere", user: "everybody", port: 22 });
  });

  test("no file at all is an empty one, for either reader", async () => {
    const { path } = home("");
    const deps = {
      file: join(path, "none"),
      usual: false,
      home: path,
      localUser: "me",
      env: process.env,
      clock: systemClock(),
    };
    const ours = await createSshConfig({ ...deps, program: "/nonexistent/ssh" }).resolve("x");
    const theirs = await createSshConfig(deps).resolve("x");
    expect([ours.resolvedBy, theirs.resolvedBy, ours.address, theirs.address]).toEqual(["parser", "ssh", "x", "x"]);
  });

  test.each([
    ["host and user", "Match host a,b user me\n Port 7", 7],
    ["a negation", "Match !host b\n Port 7", 7],
    ["all", "Match all\n Port 7", 7],
    ["another user", "Match user other\n Port 7", 22],
    ["a negated pattern of Host", "Host * !a\n Port 7", 22],
    ["the first value counts", "Host a\n Port 5\nHost *\n Port 7", 5],
  ])("criteria: %s", async (_name, text, port) => {
    expect((await home(text).config.resolve("a")).port).toBe(port);
  });

  test("a criterion that only OpenSSH can answer is told", async () => {
    const { config, path } = home('Match exec "touch HOME/ran"\n Port 7');
    const found = await config.resolve("a");
    expect(found).toMatchObject({ port: 22, notHonoured: [`Match exec "touch ${path}/ran" (${path}/.ssh/config:1)`] });
  });

  test.each([
    ["a host name with shell characters", "Host a\n HostName x;reboot"],
    ["a user with shell characters", "Host a\n User $(id)"],
    ["a host name that looks like an option", "Host a\n HostName -oProxyCommand=x"],
    ["a token that nobody knows", "Host a\n ProxyCommand nc %Z"],
    ["a port that is none", "Host a\n Port 99999"],
  ])("must be refused: %s", async (_name, text) => {
    expect((await failure(home(text).config.resolve("a"))).code).toBe("SSH_CONFIG_INVALID");
  });

  test.each(["-oProxyCommand=touch /tmp/x", "a b", "a;b", "$(id)", "", "a\nb"])(
    "must be refused as a name: %j",
    async (name) => {
      for (const program of ["ssh", "/nonexistent/ssh"]) {
        expect((await failure(home("", {}, program).config.resolve(name))).code).toBe("BAD_INPUT");
      }
    },
  );

  test("what ssh itself refuses is told with its own words", async () => {
    const { code, details } = await failure(home("Host a\n NoSuchSetting yes", {}, "ssh").config.resolve("a"));
    expect({ code, named: String(details.reason).includes("nosuchsetting") }).toEqual({
      code: "SSH_CONFIG_INVALID",
      named: true,
    });
  });

  test("a client that says too much, or never ends, is cut off", async () => {
    const { path } = home("");
    const loud = join(path, "loud");
    writeFileSync(loud, "#!/bin/sh\nyes loud\n");
    chmodSync(loud, 0o755);
    const { config } = home("Host a", {}, loud);
    expect((await failure(config.resolve("a"))).code).toMatch(/^(SSH_CONFIG_INVALID|TIMED_OUT)$/);
  });
});

describe("the hosts that a configuration names", () => {
  test("with includes, without patterns, each with its place", async () => {
    const files = { "one.conf": "Host inner\n User a\n", "two.conf": "Host *.wild later !not\n" };
    const { config, path } = home("Include *.conf\nHost outer *.x\n Port 5\nHost outer\n", files);
    const { hosts, problems } = await config.list();
    const at = (file: string) => join(path, ".ssh", file);
    expect(problems).toEqual([]);
    expect(hosts.map(({ name, source }) => [name, source])).toEqual([
      ["inner", `${at("one.conf")}:1`],
      ["later", `${at("two.conf")}:1`],
      ["outer", `${at("config")}:2`],
    ]);
    expect(hosts[2]?.host).toMatchObject({ port: 5, resolvedBy: "parser" });
  });

  test("a configuration that includes itself is read once, and told", async () => {
    const { config, path } = home("Host a\n Include HOME/.ssh/again\n", {
      again: "Host b\nInclude HOME/.ssh/config\n",
    });
    const { hosts, problems } = await config.list();
    expect(hosts.map(({ name }) => name)).toEqual(["b", "a"].sort());
    expect(problems).toEqual([{ kind: "loop", source: `${join(path, ".ssh", "again")}:2` }]);
  });

  test("OpenSSH refuses one that includes itself, and the reason comes through", async () => {
    const { config } = home("Include HOME/.ssh/config\nHost a\n", {}, "ssh");
    expect((await failure(config.resolve("a"))).code).toBe("SSH_CONFIG_INVALID");
    expect((await config.list()).problems).toMatchObject([{ kind: "loop" }]);
  });

  test("looking runs no program that the file names", async () => {
    const { config, path } = home('Match exec "touch HOME/ran"\n Port 7\nHost a\n', {}, "ssh");
    const { hosts } = await config.list();
    expect(hosts[0]?.host?.resolvedBy).toBe("parser");
    expect((await readConfig(join(path, "ran"), path)).directives).toEqual([]);
    expect(runsPrograms(parseLines('Host a\nMatch !exec "x"', "f"))).toBe(true);
  });

  test("one that cannot be used is listed with the reason", async () => {
    const { config } = home("Host good\nHost bad\n HostName a;b\n");
    expect((await config.list()).hosts.map(({ name, reason }) => [name, reason])).toEqual([
      ["good", null],
      ["bad", "HostName a;b"],
    ]);
  });
});

describe("the way to a host", () => {
  const want = (more: Partial<WantedHost>): WantedHost => ({
    ...{ address: "a", port: 22, user: "me", auth: { kind: "config" } },
    ...more,
  });
  const chain = `
Host a
  ProxyJump b
Host b
  ProxyJump c:2200
Host loop-1
  ProxyJump loop-2
Host loop-2
  ProxyJump loop-1
Host self
  ProxyJump self
Host c d
  ProxyCommand nc %h %p
`;

  test("a hop's own way counts, and the first may have a command", async () => {
    const { target } = await findRoute(want({ config: "a" }), home(chain).config);
    expect(target.jumps?.map(({ address, port, proxyCommand, pinId }) => [address, port, proxyCommand, pinId])).toEqual(
      [
        ["c", 2200, "nc c 2200", "jump:c:2200"],
        ["b", 22, undefined, "jump:b:22"],
      ],
    );
    expect(target.proxyCommand).toBeUndefined();
  });

  test("hops that a person names come in place of the configuration's", async () => {
    const { target } = await findRoute(want({ config: "a", jumps: ["op@d:7"] }), home(chain).config);
    expect(target.jumps?.map(({ user, address, port }) => `${user}@${address}:${port}`)).toEqual(["op@d:7"]);
  });

  test("nothing is looked up when all is given", async () => {
    const wanted = want({ auth: { kind: "password" } });
    expect(await findRoute(wanted, home("Host a\n HostName b").config)).toMatchObject({ target: { address: "a" } });
  });

  test.each([
    ["in the configuration", want({ config: "loop-1" })],
    ["through itself", want({ config: "self" })],
    ["named by a person", want({ address: "x", jumps: ["y", "x"] })],
    ["the same hop twice", want({ address: "x", jumps: ["y", "z", "y"] })],
  ])("must be refused: a loop %s", async (_name, wanted) => {
    expect((await failure(findRoute(wanted, home(chain).config))).code).toBe("JUMP_LOOP");
  });

  test("must be refused: too many hops", async () => {
    const jumps = Array.from({ length: 9 }, (_, i) => `h${i}`);
    expect((await failure(findRoute(want({ jumps }), home("").config))).code).toBe("LIMIT_REACHED");
  });

  test.each([
    ["ops@bastion:2200", { name: "bastion", user: "ops", port: 2200 }],
    ["bastion", { name: "bastion", user: null, port: null }],
    ["ssh://ops@bastion:22", { name: "bastion", user: "ops", port: 22 }],
    ["[fe80::1%eth0]:22", { name: "fe80::1%eth0", user: null, port: 22 }],
  ])("a hop as text: %s", (text, hop) => expect(parseHop(text)).toEqual(hop));

  test.each(["-oX", "a b", "a:0", "a:99999", "x;y", "-u@a", ""])("must be refused as a hop: %j", (text) => {
    expect(() => parseHop(text)).toThrow(/BAD_INPUT/);
  });
});

describe("hostile text", () => {
  test("reading never throws, whatever is in the file", () => {
    const words = fc.constantFrom(
      "Host",
      "Match",
      "Include",
      "all",
      "exec",
      "*",
      "!",
      '"',
      "'",
      "=",
      "\n",
      " ",
      "\t",
      "a",
      "#",
      "\0",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 60 }), (parts) => {
        const directives = parseLines(parts.join(""), "f");
        evaluate(directives, "a", "me");
        namesIn(directives);
        parseDump(parts.join(" "));
      }),
    );
  });
});
