import { describe, expect, test } from "vitest";
import { hostInput } from "../../../../../electron/contract/index.ts";
import {
  complaintsOf,
  emptyHostForm,
  fromConfigured,
  type HostForm,
  hostFormOf,
  toInput,
} from "../../../../../renderer/features/fleet/hostForm.ts";
import { hosts } from "../../../../helpers/fakeData/index.ts";

const good: HostForm = {
  ...emptyHostForm("staging"),
  name: "gpu-1",
  address: "gpu-1.example.net",
  user: "operator",
  keyPath: "~/.ssh/id_ed25519",
};

describe("a form that is in order becomes what the contract takes", () => {
  test.each<[string, Partial<HostForm>]>([
    ["a key file", {}],
    ["the agent, any key", { auth: "agent" }],
    ["the agent, one key", { auth: "agent", agentKey: "SHA256:abc" }],
    ["a password", { auth: "password" }],
    ["questions", { auth: "interactive" }],
    ["an IPv6 address", { address: "fe80::1%eth0" }],
    ["a socket of its own", { socketPath: "/run/user/1000/docker.sock" }],
    ["a host of the ssh configuration", { config: "gpu", auth: "config" }],
    ["jump hosts, with blanks between them", { jumps: " ops@bastion:2222 ,[fe80::1]:22, inner " }],
    ["OpenSSH's client, when it was chosen", { transport: "system" }],
    ["keys that others may read, when a person says so", { allowOpenKeys: true }],
    ["this machine", { kind: "local", address: "", user: "" }],
    ["this machine, whatever was typed for the other kind", { kind: "local", jumps: "-x", transport: "system" }],
  ])("%s", (_name, change) => {
    const form = { ...good, ...change };
    expect(complaintsOf(form)).toEqual({});
    const input = toInput(form);
    expect(hostInput.parse(input)).toEqual(input);
  });
});

describe("what must be refused is said at its field", () => {
  test.each<[string, Partial<HostForm>, string]>([
    ["no name", { name: " " }, "name"],
    ["no address", { address: "" }, "address"],
    ["an option in place of an address", { address: "-oProxyCommand=x" }, "address"],
    ["a command in place of an address", { address: "a;reboot" }, "address"],
    ["an option in place of a user", { user: "-l" }, "user"],
    ["a port out of range", { port: "70000" }, "port"],
    ["a port that is no number", { port: "22x" }, "port"],
    ["no key file", { keyPath: "" }, "keyPath"],
    ["a jump host that looks like an option", { jumps: "-oProxyCommand=x" }, "jumps"],
    ["a jump host with a command in it", { jumps: "a;reboot" }, "jumps"],
    ["a jump host with a port of letters", { jumps: "a:b" }, "jumps"],
    ["nine jump hosts", { jumps: "a,b,c,d,e,f,g,h,i" }, "jumps"],
    ["an environment in capitals", { environment: "Prod" }, "environment"],
    ["a relative socket", { socketPath: "docker.sock" }, "socketPath"],
  ])("%s", (_name, change, field) => {
    const form = { ...good, ...change };
    expect(Object.keys(complaintsOf(form))).toEqual([field]);
    expect(hostInput.safeParse(toInput(form)).success).toBe(false);
  });
});

test("a host is shown in the form as it was entered", () => {
  expect(toInput(hostFormOf(hosts()[0]!))).toEqual({
    kind: "ssh",
    name: "orion",
    address: "127.0.0.1",
    port: 40_022,
    user: "operator",
    environment: "staging",
    auth: { kind: "key", path: "~/.ssh/id_ed25519" },
  });
});

describe("a host of the ssh configuration", () => {
  const picked = { name: "gpu", address: "gpu.example.net", user: "ops", port: 2222 };

  test("fills the fields, and leaves keys and way to the configuration", () => {
    const form = { ...good, ...fromConfigured(picked) };
    expect(toInput(form)).toEqual({
      ...{ kind: "ssh", name: "gpu", address: "gpu.example.net", port: 2222, user: "ops", environment: "staging" },
      ...{ auth: { kind: "config" }, config: "gpu" },
    });
  });

  test("picking none keeps what was typed", () => {
    const form = { ...good, ...fromConfigured(picked), ...fromConfigured(null) };
    expect(toInput(form)).toMatchObject({ name: "gpu", address: "gpu.example.net", auth: { kind: "config" } });
    expect(toInput(form)).not.toHaveProperty("config");
  });

  test("a host is shown with all of the newer settings as it was entered", () => {
    const more = {
      config: "orion",
      jumps: ["ops@bastion", "inner:2222"],
      transport: "system" as const,
      allowOpenKeys: true,
      socketPath: "/run/docker.sock",
    };
    expect(toInput(hostFormOf({ ...hosts()[0]!, ...more }))).toMatchObject(more);
  });
});
