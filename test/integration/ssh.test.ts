import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isFailure } from "../../electron/core/failure.ts";
import { fingerprintOf, type HostLink, randomartOf } from "../../electron/core/ssh/index.ts";
import {
  engineCall,
  type LabDockerd,
  type LabSshd,
  mustSkip,
  startAgent,
  startDockerd,
  startSshd,
} from "../helpers/lab/index.ts";
import { memoryPins, type TestLinkOptions, testLink, testSecret } from "../helpers/lab/link.ts";
import { run } from "../helpers/lab/process.ts";
import { until } from "../helpers/until.ts";

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

describe.skipIf(mustSkip("ssh against OpenSSH", "sshd"))("a link to OpenSSH's sshd", () => {
  let sshd: LabSshd;
  const links: HostLink[] = [];
  const connectTo = (options: Partial<TestLinkOptions> = {}) => {
    const auth = { kind: "key", path: sshd.userKey.file } as const;
    const made = testLink({ port: sshd.port, user: sshd.user, auth, ...options });
    links.push(made.link);
    return made;
  };

  beforeAll(async () => {
    sshd = await startSshd({ config: ["MaxSessions 10"] });
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.dispose()));
  });
  afterAll(async () => {
    await sshd?.stop();
  });

  describe("proving who we are", () => {
    it("logs in with a key file, asking about the unknown host key once", async () => {
      const { link, asked, pins } = connectTo();
      await link.ready();
      expect(link.state().phase).toBe("online");
      expect(asked).toEqual([`host key ${sshd.hostKey.fingerprint}`]);
      expect(pins.all.get("host-1")).toMatchObject([{ type: "ssh-ed25519" }]);
      await link.disconnect();
      await link.ready();
      expect(asked).toHaveLength(1);
    });

    it("asks for the passphrase of a locked key again until it is right", async () => {
      const key = await sshd.makeKey("locked", { passphrase: "open sesame", authorized: true });
      const given = ["wrong", "open sesame"];
      const { link, asked } = connectTo({
        auth: { kind: "key", path: key.file },
        answers: { passphrase: async () => testSecret(given.shift() ?? "") },
      });
      await link.ready();
      expect(asked.slice(0, 2)).toEqual(["passphrase 1", "passphrase 2"]);
      await link.exec(["true"]);
    });

    it.each(["ed25519", "rsa", "ecdsa"])("takes a key of type %s", async (type) => {
      const key = await sshd.makeKey(`key_${type}`, { type, authorized: true });
      const { link } = connectTo({ auth: { kind: "key", path: key.file } });
      await link.ready();
    });

    it("gives up after three wrong passphrases", async () => {
      const key = await sshd.makeKey("locked2", { passphrase: "open sesame", authorized: true });
      const { link } = connectTo({
        auth: { kind: "key", path: key.file },
        answers: { passphrase: async () => testSecret("wrong") },
      });
      expect(await failure(link.ready())).toEqual({ code: "PASSPHRASE_WRONG", details: { path: key.file, tries: 3 } });
      expect(link.state()).toMatchObject({ phase: "offline", reason: { code: "PASSPHRASE_WRONG" } });
    });

    it("says so when the passphrase is not given", async () => {
      const key = await sshd.makeKey("locked3", { passphrase: "open sesame", authorized: true });
      const { link } = connectTo({ auth: { kind: "key", path: key.file } });
      expect((await failure(link.ready())).code).toBe("PROMPT_DISMISSED");
    });

    it("refuses a key that the host does not know, and stays offline", async () => {
      const key = await sshd.makeKey("stranger");
      const { link } = connectTo({ auth: { kind: "key", path: key.file } });
      expect(await failure(link.ready())).toMatchObject({
        code: "AUTH_FAILED",
        details: { user: sshd.user, tried: "publickey" },
      });
      expect(link.state().phase).toBe("offline");
    });

    it.each([
      ["missing", () => join(sshd.dir, "nothing-here"), "KEY_FILE_UNREADABLE"],
      ["a folder", () => sshd.dir, "KEY_FILE_UNREADABLE"],
      ["not a key", () => sshd.userKey.file.replace("user_key", "sshd_config"), "KEY_FILE_INVALID"],
      ["a public key", () => `${sshd.userKey.file}.pub`, "KEY_FILE_INVALID"],
    ])("says what is wrong with a key file that is %s", async (_name, path, code) => {
      const { link } = connectTo({ auth: { kind: "key", path: path() } });
      expect((await failure(link.ready())).code).toBe(code);
    });

    it("must be refused: a key that others may read, unless a person has told to take it", async () => {
      const key = await sshd.makeKey("open-to-all", { authorized: true });
      chmodSync(key.file, 0o644);
      const auth = { kind: "key", path: key.file } as const;
      const { link } = connectTo({ auth });
      expect(await failure(link.ready())).toMatchObject({
        code: "KEY_FILE_OPEN",
        details: { path: key.file, mode: "644", fix: `chmod 600 ${key.file}` },
      });
      const { port, user } = sshd;
      const told = connectTo({ target: { address: "127.0.0.1", port, user, auth, allowOpenKeys: true } });
      await told.link.ready();
    });

    it.skipIf(mustSkip("ssh-agent", "agent"))("offers the chosen key of the agent and no other", async () => {
      const agent = await startAgent();
      try {
        const others = await Promise.all(Array.from({ length: 7 }, (_, i) => sshd.makeKey(`other_${i}`)));
        for (const { file } of others) await agent.add(file);
        await agent.add(sshd.userKey.file);
        const env = { SSH_AUTH_SOCK: agent.socket };
        const { fingerprint } = sshd.userKey;
        const { link } = connectTo({ auth: { kind: "agent", fingerprint }, env });
        // Seven wrong ones first would be over MaxAuthTries.
        await link.ready();
        const several = connectTo({ auth: { kind: "agent" }, env });
        expect(await failure(several.link.ready())).toMatchObject({ code: "AGENT_UNAVAILABLE", details: { keys: 8 } });
        const absent = connectTo({ auth: { kind: "agent", fingerprint: "SHA256:none" }, env });
        expect((await failure(absent.link.ready())).code).toBe("AGENT_UNAVAILABLE");
      } finally {
        await agent.stop();
      }
    });

    it("says so when there is no agent", async () => {
      const { link } = connectTo({ auth: { kind: "agent" }, env: { SSH_AUTH_SOCK: "/nonexistent/agent" } });
      expect((await failure(link.ready())).code).toBe("AGENT_UNAVAILABLE");
    });
  });

  describe("the host's key", () => {
    it("draws fingerprint and picture as ssh-keygen does", async () => {
      for (const type of ["ed25519", "ecdsa", "rsa"]) {
        const key = await sshd.makeKey(`art_${type}`, { type });
        const { stdout } = await run("ssh-keygen", ["-lv", "-E", "sha256", "-f", `${key.file}.pub`]);
        const blob = Buffer.from(key.publicText.split(" ")[1] ?? "", "base64");
        expect(stdout.split("\n").slice(1, 12).join("\n")).toBe(randomartOf(blob));
        expect(stdout).toContain(fingerprintOf(blob));
      }
    });

    it("is refused when the person says no", async () => {
      const { link, pins } = connectTo({ answers: { hostKey: async () => false } });
      expect((await failure(link.ready())).code).toBe("HOST_KEY_REJECTED");
      expect(link.state().phase).toBe("offline");
      expect(pins.all.size).toBe(0);
    });

    it.each([false, true])(
      "is known from known_hosts (hashed: %s) and then pinned without a question",
      async (hashed) => {
        const file = join(sshd.dir, `known_hosts_${hashed}`);
        const [type, blob] = sshd.hostKey.publicText.split(" ");
        writeFileSync(file, `[127.0.0.1]:${sshd.port} ${type} ${blob}\n`);
        if (hashed) await run("ssh-keygen", ["-H", "-f", file]);
        const { link, asked, pins, hostKeys } = connectTo({ knownHostsFiles: [file] });
        await link.ready();
        expect(asked).toEqual([]);
        expect(pins.all.get("host-1")).toHaveLength(1);
        expect(hostKeys.view("host-1").key).toMatchObject({ fingerprint: sshd.hostKey.fingerprint });
      },
    );

    it("stops everything when it has changed, until the new one is accepted by its fingerprint", async () => {
      const pins = memoryPins();
      const old = sshd.hostKey.fingerprint;
      const before = connectTo({ pins });
      await before.link.ready();
      await before.link.disconnect();
      await sshd.changeHostKey();

      const { link, asked, hostKeys } = connectTo({ pins });
      expect(await failure(link.ready())).toMatchObject({
        code: "HOST_KEY_CHANGED",
        details: { old, new: sshd.hostKey.fingerprint, revoked: false },
      });
      expect(asked).toEqual([]);
      expect(link.state()).toMatchObject({ phase: "offline", reason: { code: "HOST_KEY_CHANGED" } });
      expect((await failure(link.exec(["true"]))).code).toBe("HOST_OFFLINE");
      expect((await failure(link.ready())).code).toBe("HOST_KEY_CHANGED");

      expect((await failure(hostKeys.accept("host-1", "SHA256:another"))).code).toBe("BAD_INPUT");
      expect(hostKeys.view("host-1").incident).toMatchObject({ presented: { fingerprint: sshd.hostKey.fingerprint } });
      await hostKeys.accept("host-1", sshd.hostKey.fingerprint);
      await link.ready();
      expect(hostKeys.view("host-1").incident).toBeNull();
    });
  });

  describe("running programs", () => {
    it("returns output, errors and status apart, in the C locale", async () => {
      const { link } = connectTo();
      const result = await link.exec([
        "sh",
        "-c",
        'printf "%s" "$LC_ALL $1"; echo bad >&2; exit 3',
        "sh",
        'it\'s "$x"',
      ]);
      expect(result).toEqual({
        code: 3,
        stdout: Buffer.from('C it\'s "$x"'),
        stderr: Buffer.from("bad\n"),
        truncated: false,
      });
    });

    it("gives standard input, and its end", async () => {
      const { link } = connectTo();
      const input = Buffer.alloc(300_000, "x");
      const { stdout } = await link.exec(["wc", "-c"], { stdin: input });
      expect(stdout.toString().trim()).toBe("300000");
    });

    it("cuts output that is too long and says so", async () => {
      const { link } = connectTo();
      const { stdout, truncated, code } = await link.exec(["yes"], { maxBytes: 10_000 });
      expect({ size: stdout.length, truncated, code }).toEqual({ size: 10_000, truncated: true, code: null });
    });

    it("stops what takes too long", async () => {
      const { link } = connectTo();
      expect(await failure(link.exec(["sleep", "30"], { timeoutMs: 200 }))).toEqual({
        code: "TIMED_OUT",
        details: { what: "sleep", ms: 200 },
      });
    });

    it("stops when told to", async () => {
      const { link } = connectTo();
      await link.ready();
      const abort = new AbortController();
      const running = failure(link.exec(["sh", "-c", "while :; do echo x; sleep 0.1; done"], { signal: abort.signal }));
      setTimeout(() => abort.abort(), 100);
      expect((await running).code).toBe("CANCELLED");
      expect((await failure(link.exec(["true"], { signal: abort.signal }))).code).toBe("CANCELLED");
    });

    it("streams a program that goes on, and ends it on the host when disposed", async () => {
      const { link } = connectTo();
      const mark = `gatehouse-${process.pid}-${Date.now()}`;
      const spawned = await link.spawn(["sh", "-c", `while :; do echo ${mark}; sleep 0.05; done`]);
      let seen = "";
      for await (const chunk of spawned.stdout) {
        seen += Buffer.from(chunk).toString();
        if (seen.split("\n").length > 3) break;
      }
      expect(seen).toContain(mark);
      await spawned.dispose();
      await until(async () => !(await run("ps", ["-eo", "args="])).stdout.includes(mark), {
        what: "the program is gone",
      });
    });

    it("ends a program that says nothing, too, also where sshd passes on no signals", async () => {
      const { link } = connectTo();
      const seconds = `${7_000 + (process.pid % 1000)}`;
      await failure(link.exec(["sh", "-c", `sleep ${seconds}; true`], { timeoutMs: 200 }));
      const left = async () => (await run("ps", ["-eo", "args="])).stdout.includes(`sleep ${seconds}`);
      await until(async () => !(await left()), { timeoutMs: 10_000, what: "the program is gone" });
    });

    it("runs no more than eight at once and queues the rest", async () => {
      const { link } = connectTo();
      const results = await Promise.all(Array.from({ length: 24 }, (_, i) => link.exec(["echo", String(i)])));
      expect(results.map((result) => result.stdout.toString().trim())).toEqual(
        Array.from({ length: 24 }, (_, i) => String(i)),
      );
    });

    it("tells who waits the place, while eight are held", async () => {
      const { link } = connectTo();
      await link.ready();
      const hold = new AbortController();
      const busy = Array.from({ length: 8 }, () =>
        link.exec(["sleep", "600"], { signal: hold.signal, timeoutMs: 60_000 }).catch(() => null),
      );
      await until(() => link.channels?.().open === 8, { timeoutMs: 5_000, what: "eight channels are held" });
      const told: number[][] = [[], [], []];
      const waiting = told.map((places) => link.exec(["true"], { onPlace: (place) => places.push(place) }));
      await until(() => told.every(({ length }) => length > 0), { timeoutMs: 5_000 });
      expect(told).toEqual([[1], [2], [3]]);
      hold.abort();
      await Promise.all([...busy, ...waiting]);
      expect(told.map((places) => places.at(-1))).toEqual([0, 0, 0]);
    });

    it("keeps room for short commands beside programs that go on", async () => {
      const { link } = connectTo();
      const long = Array.from({ length: 7 }, () => link.spawn(["sleep", "60"]));
      const running = await Promise.all(long.slice(0, 6));
      const { stdout } = await link.exec(["echo", "through"]);
      expect(stdout.toString()).toBe("through\n");
      await Promise.all(running.map((program) => program.dispose()));
      await (await long[6]!).dispose();
    });
  });

  describe("reaching into the host", () => {
    it("opens TCP ports as the host sees them", async () => {
      const { link } = connectTo();
      const stream = await link.openTcp("127.0.0.1", sshd.port);
      const [first] = await stream.take(1).toArray();
      expect(String(first)).toMatch(/^SSH-2\.0-OpenSSH/);
      stream.destroy();
      expect((await failure(link.openTcp("127.0.0.1", 1))).code).toBe("CHANNEL_FAILED");
    });

    it("opens many streams at once: they do not count against the sessions", async () => {
      const { link } = connectTo();
      const streams = await Promise.all(Array.from({ length: 32 }, () => link.openTcp("127.0.0.1", sshd.port)));
      expect(streams).toHaveLength(32);
      for (const stream of streams) stream.destroy();
    });

    it("says so when the socket is not there", async () => {
      const { link } = connectTo();
      expect(await failure(link.openUnix("/nonexistent/docker.sock"))).toMatchObject({
        code: "CHANNEL_FAILED",
        details: { kind: "unix", to: "/nonexistent/docker.sock" },
      });
    });

    it("says so when the host forbids forwarding", async () => {
      const strict = await startSshd({ config: ["AllowTcpForwarding no", "AllowStreamLocalForwarding no"] });
      try {
        const { link } = connectTo({ port: strict.port, auth: { kind: "key", path: strict.userKey.file } });
        expect((await failure(link.openTcp("127.0.0.1", strict.port))).code).toBe("FORWARDING_REFUSED");
        await link.exec(["true"]);
      } finally {
        await strict.stop();
      }
    });

    describe.skipIf(mustSkip("stream-local to dockerd", "dockerd"))("to a real engine", () => {
      let dockerd: LabDockerd;
      beforeAll(async () => {
        dockerd = await startDockerd();
      });
      afterAll(async () => {
        await dockerd?.stop();
      });

      it("talks HTTP over a unix socket", async () => {
        expect((await engineCall(dockerd.socket, "GET", "/_ping")).status).toBe(200);
        const { link } = connectTo();
        const stream = await link.openUnix(dockerd.socket);
        stream.end("GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        const answer = Buffer.concat(await stream.toArray()).toString();
        expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
        expect(answer).toMatch(/OK$/);
      });
    });

    it("opens a channel in about a millisecond, once sshd has switched Nagle's delay off", async () => {
      const { link } = connectTo();
      await link.exec(["true"]);
      const times: number[] = [];
      for (let i = 0; i < 15; i += 1) {
        const start = performance.now();
        const stream = await link.openTcp("127.0.0.1", sshd.port);
        times.push(performance.now() - start);
        stream.destroy();
      }
      times.sort((a, b) => a - b);
      // With the delay it is 41 ms and more.
      expect(times[7]).toBeLessThan(20);
    });
  });

  describe("living with a bad network", () => {
    it("comes back after its connection was killed, and fails what ran on it", async () => {
      const { link } = connectTo({ timings: { backOffMs: 50 } });
      const states: string[] = [];
      link.onState((state) => states.push(state.phase));
      await link.ready();
      const running = failure(link.exec(["sleep", "30"]));
      const stream = await link.openTcp("127.0.0.1", sshd.port);
      const broken = new Promise<unknown>((resolve) => stream.once("error", resolve));
      await until(() => sshd.processes().length > 2);
      sshd.cutConnections();
      expect((await running).code).toBe("HOST_OFFLINE");
      expect(isFailure(await broken, "HOST_OFFLINE")).toBe(true);
      await until(() => link.state().phase === "online");
      expect(states).toEqual(["connecting", "online", "reconnecting", "connecting", "online"]);
      await link.exec(["true"]);
    });

    it("tries again with longer waits, and at once when woken", async () => {
      const { link } = connectTo({ timings: { backOffMs: 50, backOffMaxMs: 60_000 } });
      await link.ready();
      await sshd.down();
      const state = await until(() => {
        const now = link.state();
        return now.phase === "reconnecting" && now.attempt >= 3 && now;
      });
      expect(state.reason.code).toBe("HOST_REFUSED");
      expect((await failure(link.exec(["true"]))).code).toBe("HOST_OFFLINE");
      await sshd.start();
      link.wake();
      await until(() => link.state().phase === "online");
    });

    it("begins the back-off anew when a person asks, and not when the network does", async () => {
      const { link } = connectTo({ timings: { backOffMs: 40, backOffMaxMs: 60_000 } });
      await link.ready();
      await sshd.down();
      try {
        const waits = (attempt: number) =>
          until(() => {
            const now = link.state();
            return now.phase === "reconnecting" && now.attempt === attempt && now;
          });
        await waits(3);
        link.wake();
        await waits(4);
        link.wake({ asked: true });
        const { nextTryAt, since } = await waits(1);
        expect(nextTryAt - since).toBeLessThanOrEqual(50);
      } finally {
        await sshd.start();
      }
    });

    it("stays offline after disconnect until it is wanted again", async () => {
      const { link } = connectTo({ timings: { backOffMs: 20 } });
      await link.ready();
      await link.disconnect();
      expect(link.state()).toMatchObject({ phase: "offline", reason: { code: "HOST_OFFLINE" } });
      link.wake();
      expect(link.state().phase).toBe("offline");
      expect((await failure(link.exec(["true"]))).code).toBe("HOST_OFFLINE");
      await link.ready();
      await link.exec(["true"]);
    });

    it("notices a host that has stopped answering", async () => {
      const { link } = connectTo({ timings: { keepAliveMs: 100, backOffMs: 60_000 } });
      await link.ready();
      await link.exec(["true"]);
      const states: string[] = [];
      link.onState((state) => states.push("missed" in state ? `${state.phase} ${state.missed}` : state.phase));
      const frozen = sshd.processes();
      for (const pid of frozen) process.kill(pid, "SIGSTOP");
      try {
        const state = await until(() => link.state().phase === "reconnecting" && link.state());
        expect(states).toEqual(["degraded 1", "degraded 2", "degraded 3", "reconnecting"]);
        expect(state).toMatchObject({ reason: { code: "HOST_UNREACHABLE" } });
      } finally {
        for (const pid of frozen) process.kill(pid, "SIGCONT");
      }
    });
  });

  it("shows nothing of the connection or the key to whoever prints it", async () => {
    const { link } = connectTo();
    await link.ready();
    const stream = await link.openTcp("127.0.0.1", sshd.port);
    const options = { showHidden: true, depth: null } as const;
    expect(inspect(link, options)).toBe("SshLink { host-1 online }");
    expect(inspect({ stream }, options)).toBe("{ stream: ChannelStream {} }");
  });

  it("leaves no process of the host behind", async () => {
    const { link } = connectTo();
    await link.exec(["true"]);
    await link.dispose();
    await until(() => sshd.processes().length === 0, { what: "sshd serves nobody" });
    expect(existsSync(sshd.dir)).toBe(true);
    chmodSync(sshd.dir, 0o700);
  });
});
