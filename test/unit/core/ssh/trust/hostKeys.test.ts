import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../../../electron/core/failure.ts";
import { createHostKeys, fingerprintOf, randomartOf } from "../../../../../electron/core/ssh/index.ts";
import { memoryPins } from "../../../../helpers/lab/link.ts";
import { fakeClock } from "../../../../helpers/ports.ts";

const blob = (type: string, fill: number) => {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, fill)]);
};
const ed = (fill: number) => blob("ssh-ed25519", fill);
const ecdsa = (fill: number) => blob("ecdsa-sha2-nistp256", fill);
const text = (key: Buffer) => `${key.toString("latin1", 4, 4 + key.readUInt32BE(0))} ${key.toString("base64")}`;
const hashed = (name: string) => {
  const salt = Buffer.alloc(20, 7);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
};
const host = { hostId: "h", address: "gpu1", port: 22 };

describe("host keys", () => {
  let dir: string;
  let file: string;
  const clock = fakeClock();
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "gatehouse-hostkeys-"));
    file = join(dir, "known_hosts");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const make = (lines: string[], pinned: Buffer[] = []) => {
    writeFileSync(file, lines.join("\n"));
    const pins = memoryPins(
      pinned.length === 0
        ? {}
        : {
            h: pinned.map((key) => ({
              type: key.toString("latin1", 4, 4 + key.readUInt32BE(0)),
              key: key.toString("base64"),
              firstSeen: 5,
              lastSeen: 9,
            })),
          },
    );
    return { pins, hostKeys: createHostKeys({ store: pins, clock, knownHostsFiles: [join(dir, "missing"), file] }) };
  };

  it.each<[string, string[], Buffer[], Buffer, object]>([
    ["nothing known", [], [], ed(1), { kind: "unknown", type: "ssh-ed25519", otherTypes: [] }],
    ["the pinned key", [], [ed(1)], ed(1), { kind: "pinned" }],
    ["one of two pinned keys", [], [ed(1), ecdsa(1)], ecdsa(1), { kind: "pinned" }],
    [
      "another key than pinned",
      [],
      [ed(1)],
      ed(2),
      { kind: "changed", old: fingerprintOf(ed(1)), firstSeen: 5, lastSeen: 9 },
    ],
    ["another type than pinned", [], [ed(1)], ecdsa(1), { kind: "changed", old: fingerprintOf(ed(1)) }],
    ["in known_hosts", [`gpu1 ${text(ed(1))}`], [], ed(1), { kind: "known" }],
    ["one of several in known_hosts", [`gpu1 ${text(ed(2))}`, `gpu* ${text(ed(1))}`], [], ed(1), { kind: "known" }],
    [
      "another key in known_hosts",
      [`gpu1 ${text(ed(2))}`],
      [],
      ed(1),
      { kind: "changed", old: fingerprintOf(ed(2)), firstSeen: 0 },
    ],
    [
      "another type in known_hosts",
      [`gpu1 ${text(ecdsa(2))}`],
      [],
      ed(1),
      { kind: "unknown", otherTypes: ["ecdsa-sha2-nistp256"] },
    ],
    ["for another host in known_hosts", [`gpu2 ${text(ed(2))}`], [], ed(1), { kind: "unknown", otherTypes: [] }],
    ["pinned, whatever known_hosts says", [`gpu1 ${text(ed(2))}`], [ed(1)], ed(1), { kind: "pinned" }],
    ["revoked", [`@revoked * ${text(ed(1))}`], [], ed(1), { kind: "revoked" }],
    [
      "revoked although it is pinned and listed",
      [`gpu1 ${text(ed(1))}`, `@revoked * ${text(ed(1))}`],
      [ed(1)],
      ed(1),
      { kind: "revoked" },
    ],
    ["another key revoked", [`@revoked * ${text(ed(2))}`], [], ed(1), { kind: "unknown" }],
    ["an authority's key is not the host's", [`@cert-authority gpu1 ${text(ed(1))}`], [], ed(1), { kind: "unknown" }],
  ])("%s", async (_name, lines, pinned, key, expected) => {
    const { hostKeys } = make(lines, pinned);
    expect(await hostKeys.check({ ...host, key })).toMatchObject(expected);
  });

  it("gives a person what there is to compare", async () => {
    const { hostKeys } = make([]);
    expect(await hostKeys.check({ ...host, key: ed(1) })).toEqual({
      kind: "unknown",
      type: "ssh-ed25519",
      fingerprint: fingerprintOf(ed(1)),
      art: randomartOf(ed(1)),
      otherTypes: [],
    });
    expect(randomartOf(ed(1)).split("\n")).toHaveLength(11);
  });

  it("remembers when a pinned key was seen first and last", async () => {
    const { hostKeys, pins } = make([]);
    await hostKeys.pin("h", ed(1));
    const first = clock.now();
    await clock.advance(1000);
    await hostKeys.check({ ...host, key: ed(1) });
    expect(pins.all.get("h")).toMatchObject([{ firstSeen: first, lastSeen: first + 1000 }]);
    expect(hostKeys.view("h").key).toEqual({
      type: "ssh-ed25519",
      fingerprint: fingerprintOf(ed(1)),
      source: "pinned",
      firstSeen: first,
      lastSeen: first + 1000,
    });
  });

  it("takes a key as text, and refuses what is none", async () => {
    const { hostKeys, pins } = make([]);
    await hostKeys.pin("h", text(ed(1)));
    await hostKeys.pin("h", ed(1));
    expect(pins.all.get("h")).toHaveLength(1);
    await expect(hostKeys.pin("h", "ssh-ed25519 nonsense!")).rejects.toSatisfy((error) =>
      isFailure(error, "BAD_INPUT"),
    );
  });

  it("ends an incident only by the fingerprint that was shown, and then knows the new key alone", async () => {
    const { hostKeys, pins } = make([], [ed(1), ecdsa(1)]);
    await hostKeys.check({ ...host, key: ed(2) });
    expect(hostKeys.view("h").incident).toEqual({
      expected: [
        { type: "ssh-ed25519", fingerprint: fingerprintOf(ed(1)), source: "pinned" },
        { type: "ecdsa-sha2-nistp256", fingerprint: fingerprintOf(ecdsa(1)), source: "pinned" },
      ],
      presented: { type: "ssh-ed25519", fingerprint: fingerprintOf(ed(2)) },
      firstSeen: 5,
      lastSeen: 9,
      lastBoot: null,
      detectedAt: clock.now(),
    });
    for (const wrong of [fingerprintOf(ed(1)), fingerprintOf(ed(3)), ""]) {
      await expect(hostKeys.accept("h", wrong)).rejects.toSatisfy((error) => isFailure(error, "BAD_INPUT"));
    }
    await expect(hostKeys.accept("other", fingerprintOf(ed(2)))).rejects.toSatisfy((e) => isFailure(e, "NOT_FOUND"));
    await hostKeys.accept("h", fingerprintOf(ed(2)));
    expect(pins.all.get("h")).toMatchObject([{ key: ed(2).toString("base64") }]);
    expect(hostKeys.view("h").incident).toBeNull();
    expect(await hostKeys.check({ ...host, key: ed(1) })).toMatchObject({ kind: "changed" });
  });

  describe("an inventory from elsewhere", () => {
    const odd = { hostId: "h", address: "10.0.0.7", port: 2222 };
    const shown = async (question: typeof host) => {
      const made = make([], [ed(1)]);
      await made.hostKeys.check({ ...question, key: ed(2) });
      return made;
    };

    it.each<[string, typeof host, string[], string[]]>([
      ["its address", host, [], [`gpu1 ${text(ed(2))}`]],
      [
        "among others, with comments and damaged lines",
        host,
        [],
        ["# fleet", "oops", `gpu2 ${text(ed(3))}`, `gpu0,gpu1 ${text(ed(2))} root@gpu1`],
      ],
      ["one of several keys of the host", host, [], [`gpu1 ${text(ecdsa(2))}`, `gpu1 ${text(ed(2))}`]],
      ["a hashed name", host, [], [`${hashed("gpu1")} ${text(ed(2))}`]],
      ["a hashed name with a port", odd, [], [`${hashed("[10.0.0.7]:2222")} ${text(ed(2))}`]],
      ["the name of the configuration, with the port", odd, ["gpu1"], [`[gpu1]:2222 ${text(ed(2))}`]],
      ["a pattern", host, [], [`gpu* ${text(ed(2))}`]],
    ])("ends the incident: %s", async (_name, question, also, lines) => {
      const { hostKeys, pins } = await shown(question);
      await hostKeys.acceptListed("h", lines.join("\r\n"), also);
      expect(pins.all.get("h")).toMatchObject([{ key: ed(2).toString("base64") }]);
      expect(hostKeys.view("h").incident).toBeNull();
    });

    it.each<[string, typeof host, string, string]>([
      ["another host's", host, `gpu2 ${text(ed(2))}`, "inventory-other-host"],
      ["another host's, hashed", host, `${hashed("gpu2")} ${text(ed(2))}`, "inventory-other-host"],
      ["another port's", odd, `10.0.0.7 ${text(ed(2))}`, "inventory-other-host"],
      ["excluded by a negated pattern", host, `gpu*,!gpu1 ${text(ed(2))}`, "inventory-other-host"],
      ["with the old key", host, `gpu1 ${text(ed(1))}`, "inventory-other-key"],
      ["with the key of another type", host, `gpu1 ${text(ecdsa(2))}`, "inventory-other-key"],
      ["that revokes the key", host, `gpu1 ${text(ed(2))}\n@revoked * ${text(ed(2))}`, "inventory-revoked"],
      [
        "that revokes the key for another host",
        host,
        `gpu1 ${text(ed(2))}\n@revoked gpu9 ${text(ed(2))}`,
        "inventory-revoked",
      ],
      ["with the key as an authority", host, `@cert-authority gpu1 ${text(ed(2))}`, "inventory-other-host"],
      ["with an unknown marker", host, `@trusted gpu1 ${text(ed(2))}`, "inventory-unreadable"],
      ["garbage", host, "<!doctype html>\n\0\0 |1|x|y ssh-ed25519 AAAA\n", "inventory-unreadable"],
      ["a bare fingerprint", host, fingerprintOf(ed(2)), "inventory-unreadable"],
      ["a line without an end", host, `gpu1 ssh-ed25519 ${"A".repeat(2 ** 21)}`, "inventory-unreadable"],
      ["a huge paste", host, `gpu2 ${text(ed(2))}\n`.repeat(20_000), "inventory-other-host"],
    ])("must be refused: %s", async (_name, question, inventory, reason) => {
      const { hostKeys, pins } = await shown(question);
      const before = pins.all.get("h");
      const error = await hostKeys.acceptListed("h", inventory).catch((thrown: unknown) => thrown);
      expect(isFailure(error, "HOST_KEY_REJECTED") && error.details).toMatchObject({ reason });
      expect({ pins: pins.all.get("h"), open: hostKeys.view("h").incident !== null }).toEqual({
        pins: before,
        open: true,
      });
    });

    it("must be refused: for a host without an incident, and for a key that known_hosts has revoked", async () => {
      const { hostKeys } = make([`@revoked * ${text(ed(2))}`], [ed(1)]);
      await expect(hostKeys.acceptListed("h", `gpu1 ${text(ed(2))}`)).rejects.toSatisfy((e) =>
        isFailure(e, "NOT_FOUND"),
      );
      await hostKeys.check({ ...host, key: ed(2) });
      await expect(hostKeys.acceptListed("h", `gpu1 ${text(ed(2))}`)).rejects.toSatisfy((e) =>
        isFailure(e, "HOST_KEY_CHANGED"),
      );
    });
  });

  describe("the last known start of a host", () => {
    const boot = { id: "6f2c3c1e-8f5f-4d0c-9a39-0c7e5b7d21aa", since: 3, readAt: 7 };

    it("is kept with its keys, over a new look, and shown when the key has changed", async () => {
      const { hostKeys, pins } = make([], [ed(1), ecdsa(1)]);
      await Promise.all([hostKeys.noteBoot("h", boot), hostKeys.check({ ...host, key: ed(1) })]);
      expect(pins.all.get("h")).toMatchObject([{ boot, lastSeen: clock.now() }, { boot }]);
      await hostKeys.check({ ...host, key: ed(2) });
      expect(hostKeys.view("h").incident).toMatchObject({ lastBoot: boot });
    });

    it("goes with the old key, and is not kept of a host without one", async () => {
      const { hostKeys, pins } = make([], [ed(1)]);
      await hostKeys.noteBoot("h", boot);
      await hostKeys.noteBoot("stranger", boot);
      await hostKeys.check({ ...host, key: ed(2) });
      await Promise.all([hostKeys.accept("h", fingerprintOf(ed(2))), hostKeys.noteBoot("h", { ...boot, readAt: 8 })]);
      expect(pins.all.get("h")).toHaveLength(1);
      expect(pins.all.get("h")).toMatchObject([{ key: ed(2).toString("base64") }]);
      expect(pins.all.has("stranger")).toBe(false);
    });
  });

  it("refuses to accept a revoked key", async () => {
    const { hostKeys } = make([`@revoked * ${text(ed(1))}`]);
    await hostKeys.check({ ...host, key: ed(1) });
    await expect(hostKeys.accept("h", fingerprintOf(ed(1)))).rejects.toSatisfy((e) => isFailure(e, "HOST_KEY_CHANGED"));
  });

  it("forgets a host", async () => {
    const { hostKeys } = make([], [ed(1)]);
    await hostKeys.check({ ...host, key: ed(1) });
    await hostKeys.forget("h");
    expect(hostKeys.view("h")).toEqual({ key: null, incident: null });
    expect(await hostKeys.check({ ...host, key: ed(2) })).toMatchObject({ kind: "unknown" });
  });

  it("lists the types to be offered first: pinned, then listed, without authorities", async () => {
    const lines = [`gpu1 ${text(ed(1))}`, `@cert-authority gpu1 ${text(blob("ssh-rsa", 1))}`];
    const { hostKeys } = make(lines, [ecdsa(1)]);
    expect(await hostKeys.knownTypes(host)).toEqual(["ecdsa-sha2-nistp256", "ssh-ed25519"]);
  });

  it("does not trust a damaged pin file", async () => {
    const hostKeys = createHostKeys({
      store: { get: async () => [{ type: "ssh-ed25519", key: "***" }], set: async () => {} },
      clock,
      knownHostsFiles: [],
    });
    await expect(hostKeys.check({ ...host, key: ed(1) })).rejects.toThrow();
  });
});
