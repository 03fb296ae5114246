import { describe, expect, it } from "vitest";
import { keytarKeyring, type NativeKeyring } from "../../../../electron/core/keychain/index.ts";
import { systemRandom } from "../../../../electron/core/node.ts";
import { fakeClock } from "../../../helpers/ports.ts";

const never = new Promise<never>(() => undefined);

/** What keytar offers, in memory; `findCredentials` as the named system does it. */
function fakeNative(platform: NodeJS.Platform, overrides: Partial<NativeKeyring> = {}) {
  const entries = new Map<string, string>();
  const native: NativeKeyring = {
    getPassword: async (service, account) => entries.get(`${service}\n${account}`) ?? null,
    setPassword: async (service, account, value) => void entries.set(`${service}\n${account}`, value),
    deletePassword: async (service, account) => entries.delete(`${service}\n${account}`),
    findCredentials: async (service) =>
      [...entries.keys()]
        .map((key) => key.split("\n") as [string, string])
        .filter(([found]) => (platform === "win32" ? found.startsWith(service) : found === service))
        .map(([, account]) => ({ account })),
    ...overrides,
  };
  return { native, entries };
}

function setup(platform: NodeJS.Platform, overrides: Partial<NativeKeyring> = {}, load?: () => Promise<NativeKeyring>) {
  const clock = fakeClock();
  const { native, entries } = fakeNative(platform, overrides);
  let loads = 0;
  const keyring = keytarKeyring({
    clock,
    random: systemRandom(),
    platform,
    load: async () => {
      loads++;
      return load ? load() : native;
    },
  });
  return { clock, keyring, entries, loads: () => loads };
}

const failing = (message: string) => ({ setPassword: () => Promise.reject(new Error(message)) });

describe("probe", () => {
  it("makes a round trip and leaves nothing behind", async () => {
    const { keyring, entries, clock } = setup("linux");
    expect({ probe: await keyring.probe(), entries: entries.size, timers: clock.pending }).toEqual({
      probe: null,
      entries: 0,
      timers: 0,
    });
  });

  const sentences: { name: string; platform: NodeJS.Platform; native?: Partial<NativeKeyring>; says: RegExp }[] = [
    {
      name: "no bus",
      platform: "linux",
      native: failing("Cannot autolaunch D-Bus without X11 $DISPLAY"),
      says: /^no-session: Cannot autolaunch D-Bus without X11 \$DISPLAY$/,
    },
    {
      name: "no service",
      platform: "linux",
      native: failing("The name org.freedesktop.secrets was not provided by any .service files"),
      says: /^no-service: The name org\.freedesktop\.secrets was not provided/,
    },
    {
      name: "no keyring",
      platform: "linux",
      native: failing("Object does not exist at path “/org/freedesktop/secrets/collection/login”"),
      says: /^no-keyring: Object does not exist/,
    },
    {
      name: "refused by macOS",
      platform: "darwin",
      native: failing("User interaction is not allowed."),
      says: /^refused: User interaction is not allowed$/,
    },
    {
      name: "gives nothing back",
      platform: "linux",
      native: { getPassword: async () => null },
      says: /^not-given-back$/,
    },
  ];
  it.each(sentences)("says why in a word, with the evidence: $name", async ({ platform, native, says }) => {
    expect(await setup(platform, native).keyring.probe()).toMatch(says);
  });

  it.each([
    ["linux", /^no-library$/],
    ["win32", /^not-loaded: Failed to load keytar native addon$/],
  ] as const)("says so when the native part is missing on %s", async (platform, says) => {
    const load = () => Promise.reject(new Error("Failed to load keytar native addon\n  more"));
    expect(await setup(platform, {}, load).keyring.probe()).toMatch(says);
  });

  it("gives a keyring that waits for its prompt five seconds, and holds no timer afterwards", async () => {
    const { keyring, clock } = setup("linux", { setPassword: () => never });
    const probe = keyring.probe();
    await clock.advance(4_999);
    const before = clock.pending;
    await clock.advance(1);
    expect({ before, says: await probe, after: clock.pending }).toEqual({
      before: 1,
      says: "no-answer",
      after: 0,
    });
  });
});

describe("calls", () => {
  it("load the native part once, and only when asked", async () => {
    const { keyring, loads } = setup("linux");
    const before = loads();
    await keyring.set("s", "a", "v");
    await keyring.get("s", "a");
    expect([before, loads()]).toEqual([0, 1]);
  });

  it("reject with KEYCHAIN_LOCKED after a minute without an answer", async () => {
    const { keyring, clock } = setup("linux", { getPassword: () => never });
    const answer = keyring.get("s", "a").catch((error) => error);
    await clock.advance(60_000);
    expect(await answer).toMatchObject({ code: "KEYCHAIN_LOCKED", retryable: true });
  });

  it.each(["linux", "darwin", "win32"] as const)("list the accounts of one service alone on %s", async (platform) => {
    const { keyring } = setup(platform);
    await keyring.set("gatehouse/prod", "A", "1");
    await keyring.set("gatehouse/prod", "B", "2");
    await keyring.set("gatehouse/production", "C", "3");
    await keyring.delete("gatehouse/prod", "B");
    expect(await keyring.accounts("gatehouse/prod")).toEqual(["A"]);
  });

  it.each([
    ["win32", 2_560],
    ["linux", 65_536],
    ["darwin", 65_536],
  ] as const)("know the limit of %s", (platform, maxBytes) => {
    expect(setup(platform).keyring.maxBytes).toBe(maxBytes);
  });
});
