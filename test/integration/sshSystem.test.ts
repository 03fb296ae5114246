import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isFailure } from "../../electron/core/failure.ts";
import { systemClock } from "../../electron/core/node.ts";
import {
  createSshConfig,
  findRoute,
  type HostLink,
  readCertificate,
  type WantedHost,
} from "../../electron/core/ssh/index.ts";
import { type LabSshd, mustSkip, startSshd } from "../helpers/lab/index.ts";
import { memoryPins, type TestLinkOptions, testLink } from "../helpers/lab/link.ts";
import { until } from "../helpers/until.ts";

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};
const keygen = (...args: string[]) => execFileSync("ssh-keygen", ["-q", ...args]);

describe.skipIf(mustSkip("certificates by OpenSSH's client", "sshd"))("certificates by OpenSSH's client", () => {
  let home: string;
  let sshd: LabSshd;
  const links: HostLink[] = [];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "gatehouse-ca-"));
    mkdirSync(join(home, ".ssh"), { mode: 0o700 });
    keygen("-t", "ed25519", "-N", "", "-f", join(home, "ca"));
    sshd = await startSshd({ config: [`TrustedUserCAKeys ${join(home, "ca.pub")}`] });
    for (const name of ["good", "late", "other"]) keygen("-t", "ed25519", "-N", "", "-f", join(home, name));
    const sign = (name: string, principal: string, valid: string) =>
      keygen("-s", join(home, "ca"), "-I", `id-${name}`, "-n", principal, "-V", valid, join(home, `${name}.pub`));
    sign("good", sshd.user, "-1d:+1d");
    sign("late", sshd.user, "-2d:-1d");
    sign("other", "somebody-else", "-1d:+1d");
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.dispose()));
  });
  afterAll(async () => {
    await sshd?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const config = (name: string, more: string[] = []) =>
    [
      ...["Host far", " HostName 127.0.0.1", ` Port ${sshd.port}`, ` User ${sshd.user}`],
      ...[` IdentityFile ${join(home, name)}`, " IdentitiesOnly yes", " IdentityAgent none"],
      ...more,
      ...[` UserKnownHostsFile ${join(home, "known")}`, " GlobalKnownHostsFile /dev/null", ""],
    ].join("\n");

  function linkTo(text: string, wanted: Partial<WantedHost> = {}, options: Partial<TestLinkOptions> = {}) {
    writeFileSync(join(home, ".ssh", "config"), text);
    const file = join(home, ".ssh", "config");
    const ssh = createSshConfig({
      file,
      usual: false,
      home,
      localUser: sshd.user,
      env: process.env,
      clock: systemClock(),
    });
    const want: WantedHost = { address: "x", port: 22, user: "x", auth: { kind: "config" }, config: "far", ...wanted };
    const auth = { kind: "password" } as const;
    const target = async (signal: AbortSignal) => (await findRoute(want, ssh, { signal })).target;
    const made = testLink({ port: 0, user: "", auth, target, env: process.env, ...options });
    links.push(made.link);
    return { ...made, found: () => findRoute(want, ssh) };
  }

  it("is taken because of the certificate, logs in with it, and runs what a link runs", async () => {
    const { link, found, asked } = linkTo(config("good"));
    expect((await found()).transport).toMatchObject({ by: "system", reason: "certificate" });
    await link.ready();
    expect(asked).toEqual([`host key ${sshd.hostKey.fingerprint}`]);
    const ran = await link.exec(["sh", "-c", "cat; echo oops >&2; exit 3"], { stdin: "over stdin" });
    expect({ code: ran.code, out: String(ran.stdout), err: String(ran.stderr) }).toEqual({
      code: 3,
      out: "over stdin",
      err: "oops\n",
    });
    expect((await link.exec(["head", "-c", "3000000", "/dev/zero"])).stdout.length).toBe(3_000_000);
    await link.ping();
    expect(sshd.log()).toMatch(/Accepted publickey .* ED25519-CERT .*id-good/);
  });

  it("opens TCP and unix streams, and says when it cannot", async () => {
    const { link } = linkTo(config("good"));
    const server = createServer((socket) => socket.pipe(socket));
    const path = join(home, "echo.sock");
    const unix = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => unix.listen(path, resolve));
    try {
      const { port } = server.address() as { port: number };
      for (const stream of [
        await link.openTcp("127.0.0.1", port),
        await link.openUnix(path),
        await link.openUnix(path),
      ]) {
        const text = new Promise((resolve) => stream.once("data", (chunk) => resolve(String(chunk))));
        stream.write("hello");
        stream.resume();
        expect(await text).toBe("hello");
        stream.destroy();
      }
      const nobody = await failure(link.openTcp("127.0.0.1", 1));
      const missing = await failure(link.openUnix("/nonexistent/x.sock"));
      expect([nobody.code, missing.code]).toEqual(["CHANNEL_FAILED", "CHANNEL_FAILED"]);
    } finally {
      server.close();
      unix.close();
    }
  });

  it("stops what it started, and leaves nothing behind", async () => {
    const { link } = linkTo(config("good"));
    const going = await link.spawn(["sh", "-c", "echo up; exec sleep 987"]);
    for await (const chunk of going.stdout) {
      expect(String(chunk)).toBe("up\n");
      break;
    }
    await going.dispose();
    await link.dispose();
    await until(() => sshd.processes().length === 0, { timeoutMs: 8_000, what: "nothing runs on the host any more" });
    const left = readdirSync(tmpdir()).filter(
      (name) => name.startsWith("gh-") && existsSync(join(tmpdir(), name, "s")),
    );
    expect(left).toEqual([]);
  });

  it("comes back by itself when the connection is cut", async () => {
    const { link } = linkTo(config("good"), {}, { timings: { backOffMs: 50 } });
    await link.ready();
    sshd.cutConnections();
    await until(() => link.state().phase !== "online", { timeoutMs: 10_000 });
    await until(() => link.state().phase === "online", { timeoutMs: 10_000 });
    expect((await link.exec(["true"])).code).toBe(0);
  });

  it.each([
    ["late", /^certificate-ended: /],
    ["other", /^login-refused$/],
  ])("must be refused: the certificate %s", async (name, reason) => {
    const { code, details } = await failure(linkTo(config(name)).link.ready());
    expect({ code, reason: details.reason }).toEqual({ code: "AUTH_FAILED", reason: expect.stringMatching(reason) });
  });

  it("must be refused: a changed host key, as an incident; the others go on", async () => {
    const pins = memoryPins();
    const first = linkTo(config("good"), {}, { pins });
    await first.link.ready();
    await first.link.dispose();
    await sshd.changeHostKey();
    const again = linkTo(config("good"), {}, { pins });
    expect((await failure(again.link.ready())).code).toBe("HOST_KEY_CHANGED");
    await again.hostKeys.accept("host-1", sshd.hostKey.fingerprint);
    await again.link.ready();
  });

  it("must be refused: an unknown host key that the person turns down", async () => {
    const { link } = linkTo(config("good"), {}, { answers: { hostKey: async () => false } });
    expect((await failure(link.ready())).code).toBe("HOST_KEY_REJECTED");
  });

  it("believes a host certificate of a @cert-authority without a question", async () => {
    const dir = mkdtempSync(join(home, "host-"));
    keygen("-t", "ed25519", "-N", "", "-f", join(dir, "key"));
    keygen("-s", join(home, "ca"), "-h", "-I", "a host", "-n", "127.0.0.1", "-V", "-1d:+1d", join(dir, "key.pub"));
    const lines = [`TrustedUserCAKeys ${join(home, "ca.pub")}`, `HostKey ${join(dir, "key")}`];
    const certified = await startSshd({ config: [...lines, `HostCertificate ${join(dir, "key-cert.pub")}`] });
    try {
      const ca = execFileSync("cat", [join(home, "ca.pub")], { encoding: "utf8" });
      writeFileSync(join(home, "known"), `@cert-authority [127.0.0.1]:${certified.port} ${ca}`);
      const text = config("good").replace(` Port ${sshd.port}`, ` Port ${certified.port}`);
      const { link, asked } = linkTo(text);
      await link.ready();
      expect(asked).toEqual([]);
    } finally {
      await certified.stop();
      rmSync(join(home, "known"), { force: true });
    }
  });

  describe("a host with a certificate, and a key that the library could log in with", () => {
    let certified: LabSshd;
    const lines = (marker: string, key: string) =>
      writeFileSync(join(home, "known"), `${marker} [127.0.0.1]:${certified.port} ${key}\n`);
    const ca = () => readFileSync(join(home, "ca.pub"), "utf8");
    const plain = () =>
      config("plain")
        .replace(` Port ${sshd.port}`, ` Port ${certified.port}`)
        .replace(join(home, "plain"), certified.userKey.file);

    beforeAll(async () => {
      const dir = mkdtempSync(join(home, "host-"));
      keygen("-t", "ed25519", "-N", "", "-f", join(dir, "key"));
      keygen("-s", join(home, "ca"), "-h", "-I", "a host", "-n", "127.0.0.1", "-V", "-1d:+1d", join(dir, "key.pub"));
      certified = await startSshd({
        config: [`HostKey ${join(dir, "key")}`, `HostCertificate ${join(dir, "key-cert.pub")}`],
      });
    });
    afterAll(async () => {
      await certified?.stop();
      rmSync(join(home, "known"), { force: true });
    });

    it("is left to OpenSSH's client by itself, and then at once", async () => {
      lines("@cert-authority", ca());
      let taken = 0;
      const { link, asked, found } = linkTo(plain(), { onCertified: () => (taken += 1) });
      expect((await found()).transport).toMatchObject({ by: "library", reason: "default" });
      await link.ready();
      expect({ asked, taken, out: String((await link.exec(["echo", "hi"])).stdout) }).toEqual({
        asked: [],
        taken: 1,
        out: "hi\n",
      });
      const again = linkTo(plain(), { certified: true });
      expect((await again.found()).transport).toMatchObject({ by: "system", reason: "host-certificate" });
      await again.link.ready();
      expect(again.asked).toEqual([]);
    });

    it.each<[string, () => void, Partial<WantedHost>]>([
      ["no authority is on record", () => rmSync(join(home, "known"), { force: true }), {}],
      [
        "the authority is another host's",
        () => writeFileSync(join(home, "known"), `@cert-authority elsewhere ${ca()}`),
        {},
      ],
      ["a person has chosen the library", () => lines("@cert-authority", ca()), { transport: "library" }],
    ])("stays with the library: %s", async (_name, prepare, wanted) => {
      prepare();
      let taken = 0;
      const { link, asked } = linkTo(plain(), { ...wanted, onCertified: () => (taken += 1) });
      await link.ready();
      expect({ taken, asked: asked.length }).toEqual({ taken: 0, asked: 1 });
    });

    it("stays with the library where there is no client, and asks as before", async () => {
      lines("@cert-authority", ca());
      const { link, asked } = linkTo(plain(), {}, { env: { PATH: "/nonexistent" } });
      await link.ready();
      expect(asked).toHaveLength(1);
    });

    it("asks for the bare key when the certificate is by another authority", async () => {
      const stranger = join(mkdtempSync(join(home, "ca-")), "ca");
      keygen("-t", "ed25519", "-N", "", "-f", stranger);
      lines("@cert-authority", readFileSync(`${stranger}.pub`, "utf8"));
      const { link, asked } = linkTo(plain(), {}, { answers: { hostKey: async () => false } });
      expect((await failure(link.ready())).code).toBe("HOST_KEY_REJECTED");
      expect(asked).toHaveLength(1);
      const accepted = linkTo(plain());
      await accepted.link.ready();
      expect(accepted.asked).toEqual(asked);
    });
  });

  it("says what is missing when there is no client", async () => {
    const { link } = linkTo(config("good"), {}, { env: { PATH: "/nonexistent" } });
    expect((await failure(link.ready())).code).toBe("OPENSSH_MISSING");
  });

  it("reads a certificate's dates", async () => {
    const day = 86_400_000;
    const good = await readCertificate(join(home, "good-cert.pub"), process.env);
    expect(good).toMatchObject({
      keyId: "id-good",
      principals: [sshd.user],
      authority: expect.stringMatching(/^ED25519 SHA256:/),
    });
    expect(Math.abs((good?.validUntil ?? 0) - Date.now() - day)).toBeLessThan(10 * 60_000);
    expect(await readCertificate(join(home, "good.pub"), process.env)).toBeNull();
  });
});
