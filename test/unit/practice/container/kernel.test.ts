import { describe, expect, test } from "vitest";
import { readCreateBody } from "../../../../electron/practice/container/body.ts";
import { effectiveHostConfig, shownHostConfig } from "../../../../electron/practice/container/hostConfig.ts";
import { identityOf } from "../../../../electron/practice/container/inside/inside.ts";
import { boundingSet, refusal } from "../../../../electron/practice/container/inside/kernel.ts";
import type { Container } from "../../../../electron/practice/container/types.ts";
import { hostSpecs } from "../../../../electron/practice/hostSpecs.ts";

function withHost(HostConfig: object): Container {
  const shown = shownHostConfig(readCreateBody({ Image: "x", HostConfig }), hostSpecs[0]!.engine);
  return { hostConfig: effectiveHostConfig(shown) } as Container;
}

test.each<[name: string, host: object, expected: bigint]>([
  ["the engine's default", {}, 0xa80425fbn],
  ["all dropped", { CapDrop: ["ALL"] }, 0n],
  ["all dropped, one back", { CapDrop: ["all"], CapAdd: ["NET_BIND_SERVICE"] }, 1n << 10n],
  ["one dropped, with the prefix", { CapDrop: ["CAP_NET_RAW"] }, 0xa80425fbn & ~(1n << 13n)],
  ["one added", { CapAdd: ["SYS_ADMIN"] }, 0xa80425fbn | (1n << 21n)],
  ["privileged", { Privileged: true, CapDrop: ["ALL"] }, 0x1ffffffffffn],
])("capabilities: %s", (_name, host, expected) => {
  expect(boundingSet(withHost(host))).toBe(expected);
});

describe("who may write where", () => {
  const hardened = {
    ReadonlyRootfs: true,
    Tmpfs: { "/run": "rw,mode=0755", "/run/secrets": "mode=0700,uid=10001", "/tmp": "" },
  };
  test.each<[string, object, string, string, string | null]>([
    ["read-only root", hardened, "0", "/etc/x", "EROFS"],
    ["tmpfs without a mode is open", hardened, "10001:10001", "/tmp/x", null],
    ["tmpfs of root", hardened, "10001:10001", "/run/x", "EACCES"],
    ["root on any tmpfs", hardened, "0", "/run/x", null],
    ["the longest mount counts", hardened, "10001:10001", "/run/secrets/x", null],
    ["another user on a private tmpfs", hardened, "1000", "/run/secrets/x", "EACCES"],
    ["a read-only tmpfs", { Tmpfs: { "/t": "ro" } }, "0", "/t/x", "EROFS"],
    [
      "a volume that is read-only",
      { Mounts: [{ Type: "bind", Source: "/srv/models", Target: "/models", ReadOnly: true }] },
      "0",
      "/models/x",
      "EROFS",
    ],
    ["a bind that is read-only", { Binds: ["/srv/models:/models:ro"] }, "0", "/models/x", "EROFS"],
    ["root on its own root", {}, "0", "/etc/x", null],
    ["a user on root's", {}, "10001", "/etc/x", "EACCES"],
    ["the kernel's files", {}, "0", "/proc/sys/x", "EACCES"],
  ])("%s", (_name, host, user, path, expected) => {
    const identity = identityOf(user);
    expect(identity && refusal(withHost(host), identity, path)).toBe(expected);
  });
});

test.each([
  ["", { uid: 0, gid: 0, user: "root" }],
  ["10001", { uid: 10_001, gid: 10_001, user: "inference" }],
  ["10001:5", { uid: 10_001, gid: 5 }],
  ["4242", { uid: 4_242, gid: 0, user: "4242" }],
  ["nobody", { uid: 65_534 }],
  ["wings", null],
])("user %j", (user, expected) => {
  if (expected === null) expect(identityOf(user)).toBeNull();
  else expect(identityOf(user)).toMatchObject(expected);
});
