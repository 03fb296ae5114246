import { describe, expect, test } from "vitest";
import { hostInput } from "../../../../../electron/contract/index.ts";
import {
  complaintsOf,
  emptyHostForm,
  type HostForm,
  hostFormOf,
  toInput,
} from "../../../../../renderer/features/fleet/hostForm.ts";
import { hosts } from "../../../../helpers/fakeData.ts";

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
    ["this machine", { kind: "local", address: "", user: "" }],
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
