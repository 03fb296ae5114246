import { describe, expect, it, test } from "vitest";
import { masterArguments } from "../../../../../electron/core/ssh/system/arguments.ts";
import { typeIn } from "../../../../../electron/core/ssh/system/keyType.ts";
import { masterFailure } from "../../../../../electron/core/ssh/system/problems.ts";
import { type RunConfig, runConfig } from "../../../../../electron/core/ssh/system/runConfig.ts";
import type { SshTarget } from "../../../../../electron/core/ssh/target.ts";

const target: SshTarget = { address: "gpu", port: 22, user: "ops", auth: { kind: "key", path: "/k" } };
const run = (more: Partial<RunConfig> = {}): RunConfig => ({
  ...{ way: { includes: [], name: "gpu" }, target, program: "/tmp/gh-x/helper", keyFile: null },
  ...more,
});

describe("the configuration of a run", () => {
  const lines = (config: RunConfig) => runConfig(config).split("\n");

  it("stands before the person's own, which cannot take anything of it back", () => {
    const all = lines(run({ way: { includes: ["/home/a b/.ssh/config", "/etc/ssh/ssh_config"], name: "gpu" } }));
    const at = (line: string) => all.indexOf(line);
    expect(at("  StrictHostKeyChecking yes")).toBeGreaterThan(0);
    expect(at('Include "/home/a b/.ssh/config"')).toBeGreaterThan(at("  StrictHostKeyChecking yes"));
    expect(at("Match all")).toBeGreaterThan(at('Include "/etc/ssh/ssh_config"'));
  });

  it("asks our program for every host key", () => {
    expect(lines(run())).toEqual(
      expect.arrayContaining([
        '  KnownHostsCommand "/tmp/gh-x/helper" host %I %H %t %K',
        "  UserKnownHostsFile /dev/null",
        "  GlobalKnownHostsFile /dev/null",
      ]),
    );
  });

  it("offers a key beside explicit jump hosts to those too, and else to the host alone", () => {
    const keyed = { keyFile: '/home/me/100%"key' };
    const line = '  IdentityFile "/home/me/100%%\\"key"';
    expect(lines(run({ ...keyed, way: { includes: [], name: "gpu", jumps: ["b"] } }))).toContain(line);
    expect(lines(run(keyed))).not.toContain(line);
    expect(masterArguments("/c", "/s", run(keyed))).toContain(line.trim().replace(" ", "="));
  });

  test.each<[string, Partial<RunConfig>, string[]]>([
    ["the configuration decides", { target: { ...target, auth: configured() } }, []],
    ["a password", { target: { ...target, auth: { kind: "password" } } }, ["-o", "PubkeyAuthentication=no"]],
    [
      "one key of the agent",
      { target: { ...target, auth: { kind: "agent" } }, keyFile: "/f/key.pub" },
      ["-o", "IdentitiesOnly=yes"],
    ],
  ])("%s", (_name, more, has) => {
    const args = masterArguments("/c", "/s", run(more));
    expect(args.slice(0, 7)).toEqual(["-F", "/c", "-M", "-S", "/s", "-N", "-T"]);
    expect(args).toEqual(expect.arrayContaining(has));
    expect(args.slice(-2)).toEqual(["--", "gpu"]);
  });

  function configured(): SshTarget["auth"] {
    return { kind: "config", files: [], identitiesOnly: false, agent: null, preferred: null };
  }
});

describe("what the client says on its way out", () => {
  const agentRefused =
    'sign_and_send_pubkey: signing failed for ED25519-SK "lab" from agent: agent refused operation\n' +
    "ops@gpu: Permission denied (publickey).";
  const noDevice =
    'sign_and_send_pubkey: signing failed for ED25519-SK "/k": device not found\nops@gpu: Permission denied (publickey).';
  const tooOpen =
    "Permissions 0644 for '/k' are too open.\nLoad key \"/k\": bad permissions\nops@gpu: Permission denied (publickey).";

  test.each([
    ["a key that nobody touched", agentRefused, "SECURITY_KEY_UNTOUCHED", { key: "lab", type: "ED25519-SK" }],
    ["a key that is not plugged in", noDevice, "SECURITY_KEY_MISSING", { key: "/k", reason: "device not found" }],
    ["a key that others may read", tooOpen, "KEY_FILE_OPEN", { path: "/k", mode: "644", fix: "chmod 600 /k" }],
    ["the public half of a key that no agent holds", tooOpen.replaceAll("/k", "/k.pub"), "AGENT_UNAVAILABLE", {}],
    ["refused", "ops@gpu: Permission denied (publickey,password).", "AUTH_FAILED", { offered: "publickey,password" }],
    ["too many keys", "Received disconnect: Too many authentication failures", "AUTH_FAILED", {}],
    ["no such name", "ssh: Could not resolve hostname gpu: unknown", "HOST_NAME_UNRESOLVED", { address: "gpu" }],
    ["nobody listens", "ssh: connect to host gpu port 22: Connection refused", "HOST_REFUSED", { port: 22 }],
    ["an old client", "/c: line 3: Bad configuration option: knownhostscommand", "OPENSSH_MISSING", {}],
    ["a configuration that makes no sense", "/c: line 9: Bad configuration option: foo", "SSH_CONFIG_INVALID", {}],
    ["a helper that may not run", "ssh_askpass: exec(/tmp/gh-x/helper): Permission denied", "OPENSSH_MISSING", {}],
    ["a nested client's host key", "Host key verification failed.", "HOST_KEY_REJECTED", {}],
    ["nothing", "", "HOST_UNREACHABLE", { reason: "it ended without a word" }],
  ])("%s", (_name, said, code, details) => {
    const failure = masterFailure(said, target);
    expect({ code: failure.code, details: failure.details }).toMatchObject({ code, details });
  });
});

describe("the type of a key file", () => {
  test.each([
    ["a public key", "sk-ssh-ed25519@openssh.com AAAAGnNr comment", "sk-ssh-ed25519@openssh.com"],
    ["an old private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", null],
    ["a cut private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n", null],
    ["something else", "hello world", null],
    ["nothing", "", null],
  ])("%s", (_name, head, type) => expect(typeIn(head)).toBe(type));
});
