import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type AuthContext, type Connection, type ServerConfig } from "ssh2";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isFailure } from "../../../../electron/core/failure.ts";
import type { HostLink } from "../../../../electron/core/ssh/index.ts";
import { type TestLinkOptions, testLink, testSecret } from "../../../helpers/lab/link.ts";
import { until } from "../../../helpers/until.ts";

const rsa = (bits = 2048) =>
  generateKeyPairSync("rsa", {
    modulusLength: bits,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;

const hostKey = ssh2.utils.generateKeyPairSync("ed25519").private;

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details, retryable: error.retryable };
};

describe("a link to a server that misbehaves", () => {
  let dir: string;
  let keyFile: string;
  const links: HostLink[] = [];
  const closers: (() => void)[] = [];

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "gatehouse-link-"));
    keyFile = join(dir, "key");
    writeFileSync(keyFile, rsa(), { mode: 0o600 });
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.dispose()));
    for (const close of closers.splice(0)) close();
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const portOf = (server: { address(): unknown }) => (server.address() as { port: number }).port;

  async function tcp(onSocket: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server: NetServer = createServer((socket) => {
      sockets.add(socket.on("error", () => {}));
      onSocket(socket);
    });
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return portOf(server);
  }

  async function ssh(onClient: (client: Connection) => void, config: Partial<ServerConfig> = {}): Promise<number> {
    const clients = new Set<Connection>();
    const server = new ssh2.Server({ hostKeys: [hostKey], ...config }, (client) => {
      clients.add(client.on("error", () => {}));
      onClient(client);
    });
    closers.push(() => {
      for (const client of clients) client.end();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return portOf(server);
  }

  const connectTo = (port: number, options: Partial<TestLinkOptions> = {}) => {
    const made = testLink({ port, user: "x", auth: { kind: "key", path: keyFile }, ...options });
    links.push(made.link);
    return made;
  };
  const accept = (context: AuthContext) => context.accept();

  describe("cannot be connected to", () => {
    it("a name that does not exist", async () => {
      const { link } = connectTo(22, { address: "no-such-host.invalid" });
      expect(await failure(link.ready())).toMatchObject({ code: "HOST_NAME_UNRESOLVED", retryable: true });
      expect(link.state().phase).toBe("reconnecting");
    });

    it("nobody listens", async () => {
      const port = await tcp(() => {});
      for (const close of closers.splice(0)) close();
      const { link } = connectTo(port);
      expect(await failure(link.ready())).toEqual({
        code: "HOST_REFUSED",
        details: { address: "127.0.0.1", port, reason: "ECONNREFUSED" },
        retryable: true,
      });
    });

    it("a server that speaks HTTP", async () => {
      const port = await tcp((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
      const { link } = connectTo(port);
      expect(await failure(link.ready())).toEqual({
        code: "NOT_SSH",
        details: { address: "127.0.0.1", port, said: "HTTP/1.1 400 Bad Request" },
        retryable: false,
      });
      expect(link.state().phase).toBe("offline");
    });

    it.each([
      ["beyond MaxStartups", "Exceeded MaxStartups\r\n"],
      ["to a source it punishes", "Not allowed at this time\r\n"],
    ])("a server that turns us away %s: it is tried again", async (_name, said) => {
      const port = await tcp((socket) => socket.end(said));
      const { link } = connectTo(port);
      expect(await failure(link.ready())).toMatchObject({
        code: "HOST_UNREACHABLE",
        details: { reason: `the host takes no more logins for now: ${said.trim()}` },
        retryable: true,
      });
      expect(link.state().phase).toBe("reconnecting");
    });

    it("a server that says nothing", async () => {
      const port = await tcp(() => {});
      const { link } = connectTo(port, { timings: { handshakeMs: 100 } });
      expect(await failure(link.ready())).toMatchObject({
        code: "HOST_UNREACHABLE",
        details: { reason: "nothing was said in time" },
      });
    });

    it("a server that stops after its name", async () => {
      const port = await tcp((socket) => socket.write("SSH-2.0-OpenSSH_9.9\r\n"));
      const { link } = connectTo(port, { timings: { handshakeMs: 100 } });
      expect(await failure(link.ready())).toMatchObject({
        code: "HOST_UNREACHABLE",
        details: { reason: "the handshake did not end in time" },
      });
    });

    it("a server that hangs up at once, as sshd does when too many log in", async () => {
      const port = await tcp((socket) => socket.destroy());
      const { link } = connectTo(port);
      expect(await failure(link.ready())).toMatchObject({ code: "HOST_UNREACHABLE", retryable: true });
    });

    it.each([
      ["a greeting of a megabyte without a line end", "x".repeat(1 << 20)],
      ["a greeting of a megabyte in lines", `${"y".repeat(1000)}\r\n`.repeat(1000)],
    ])("%s", async (_name, greeting) => {
      const port = await tcp((socket) => socket.write(greeting));
      const { link } = connectTo(port);
      expect((await failure(link.ready())).code).toBe("NOT_SSH");
    });

    it("rubbish after the name", async () => {
      const port = await tcp((socket) => socket.write(`SSH-2.0-x\r\n${"\xff".repeat(5000)}`));
      const { link } = connectTo(port);
      expect((await failure(link.ready())).code).toBe("HOST_UNREACHABLE");
    });

    it("a server that knows only what is weak", async () => {
      const port = await ssh(() => {}, { algorithms: { kex: ["diffie-hellman-group14-sha1"] } });
      const { link } = connectTo(port);
      expect(await failure(link.ready())).toMatchObject({ code: "HOST_REFUSED", retryable: false });
    });

    it("asked to stop meanwhile", async () => {
      const port = await tcp(() => {});
      const { link } = connectTo(port);
      const ready = failure(link.ready());
      await link.disconnect();
      expect((await ready).code).toBe("HOST_OFFLINE");
      const abort = new AbortController();
      const waiting = failure(link.ready({ signal: abort.signal }));
      abort.abort();
      expect((await waiting).code).toBe("CANCELLED");
    });
  });

  it("reads lines before the name, as RFC 4253 allows", async () => {
    const port = await ssh((client) => client.on("authentication", accept), { greeting: "Welcome\r\nto this host" });
    const { link } = connectTo(port);
    await link.ready();
  });

  it.each<[string, number, string]>([
    ["bears a login banner of 30 kB", 30_000, "ready"],
    // Over the size of packets that ssh2 takes (RFC 4253, section 6.1 asks for 35,000 bytes).
    ["refuses a login banner of 1 MB", 1_000_000, "HOST_UNREACHABLE"],
  ])("%s", async (_name, size, expected) => {
    const port = await ssh((client) => client.on("authentication", accept), { banner: "z".repeat(size) });
    const { link } = connectTo(port);
    const outcome = await link.ready().then(
      () => "ready",
      (error: unknown) => isFailure(error) && error.code,
    );
    expect(outcome).toBe(expected);
  });

  describe("proving who we are", () => {
    const passwordServer = (right: string, methods: ("password" | "keyboard-interactive")[] = ["password"]) =>
      ssh((client) =>
        client.on("authentication", (context) => {
          if (context.method === "password" && methods.includes("password") && context.password === right)
            context.accept();
          else if (context.method === "keyboard-interactive" && methods.includes("keyboard-interactive")) {
            context.prompt([{ prompt: "Code\u001b[2J: ", echo: true }], "Two\u0007 factors", (answers) =>
              answers[0] === right ? context.accept() : context.reject(methods),
            );
          } else context.reject(methods);
        }),
      );

    it("asks for a password until it is right, and keeps it for a reconnect, not beyond", async () => {
      const clients: Connection[] = [];
      const port = await ssh((client) => {
        clients.push(client);
        client.on("authentication", (context) =>
          context.method === "password" && context.password === "s3cret"
            ? context.accept()
            : context.reject(["password"]),
        );
      });
      const given = ["wrong", "s3cret"];
      const { link, asked } = connectTo(port, {
        auth: { kind: "password" },
        answers: { password: async () => testSecret(given.shift() ?? "none left") },
        timings: { backOffMs: 10 },
      });
      const passwords = () => asked.filter((question) => /^password/.test(question));
      await link.ready();
      expect(passwords()).toEqual(["password 1", "password 2"]);
      clients[0]?.end();
      await until(() => clients.length === 2 && link.state().phase === "online");
      expect(passwords()).toHaveLength(2);
      await link.disconnect();
      expect((await failure(link.ready())).code).toBe("AUTH_FAILED");
      expect(passwords()).toHaveLength(5);
    });

    it("gives up after three wrong passwords", async () => {
      const port = await passwordServer("s3cret");
      const { link, asked } = connectTo(port, {
        auth: { kind: "password" },
        answers: { password: async () => testSecret("wrong") },
      });
      expect(await failure(link.ready())).toEqual({
        code: "AUTH_FAILED",
        details: {
          address: "127.0.0.1",
          port,
          user: "x",
          tried: "none, password, password, password",
          offered: "password",
          reason: "login-refused",
        },
        retryable: false,
      });
      expect(asked.filter((question) => /^password/.test(question))).toHaveLength(3);
      expect(link.state().phase).toBe("offline");
    });

    it("takes a dismissed password for what it is", async () => {
      const port = await passwordServer("s3cret");
      const { link } = connectTo(port, { auth: { kind: "password" } });
      expect((await failure(link.ready())).code).toBe("PROMPT_DISMISSED");
    });

    it.each(["password", "interactive"] as const)(
      "answers a dialogue when %s is chosen, in printable text",
      async (kind) => {
        const port = await passwordServer("123456", ["keyboard-interactive"]);
        const { link, asked } = connectTo(port, { auth: { kind }, answers: { answers: async () => ["123456"] } });
        await link.ready();
        expect(asked).toContain("answers Code[2J: ");
      },
    );

    it("gives a person all the time that is needed", async () => {
      const port = await passwordServer("s3cret");
      const { link } = connectTo(port, {
        auth: { kind: "password" },
        timings: { handshakeMs: 150 },
        answers: {
          password: async () => {
            await new Promise((resolve) => setTimeout(resolve, 400));
            return testSecret("s3cret");
          },
        },
      });
      await link.ready();
    });

    it("goes on to a second factor after the key, and only then", async () => {
      const port = await ssh((client) => {
        let keyed = false;
        client.on("authentication", (context) => {
          if (context.method === "publickey" && !context.signature) context.accept();
          else if (context.method === "publickey") {
            keyed = true;
            context.reject(["keyboard-interactive"], true);
          } else if (context.method === "keyboard-interactive" && keyed) {
            context.prompt([{ prompt: "OTP: ", echo: false }], (answers) =>
              answers[0] === "42" ? context.accept() : context.reject(),
            );
          } else context.reject(["publickey"]);
        });
      });
      const { link, asked } = connectTo(port, { answers: { answers: async () => ["42"] } });
      await link.ready();
      expect(asked).toContain("answers OTP: ");
    });

    it("never asks for a password when the key was refused", async () => {
      const port = await ssh((client) => client.on("authentication", (context) => context.reject(["password"])));
      const { link, asked } = connectTo(port, { answers: { password: async () => testSecret("s3cret") } });
      expect(await failure(link.ready())).toMatchObject({ code: "AUTH_FAILED", details: { offered: "password" } });
      expect(asked.filter((question) => /^password/.test(question))).toEqual([]);
    });

    it("keeps an answer about the host key although the server lost its patience", async () => {
      const port = await ssh((client) => {
        client.on("authentication", accept);
      });
      let answered = 0;
      const { link, asked } = connectTo(port, {
        timings: { backOffMs: 10 },
        answers: {
          hostKey: async () => {
            if (answered === 0) for (const close of closers) close();
            await new Promise((resolve) => setTimeout(resolve, 50));
            answered += 1;
            return true;
          },
        },
      });
      expect((await failure(link.ready())).retryable).toBe(true);
      expect(asked).toHaveLength(1);
      await until(() => link.state().phase === "reconnecting");
    });
  });

  describe("channels", () => {
    const open = (client: Connection) => client.on("authentication", accept);

    it("says that forwarding is refused", async () => {
      const port = await ssh(open);
      const { link } = connectTo(port);
      expect((await failure(link.openTcp("127.0.0.1", 1))).code).toBe("FORWARDING_REFUSED");
      expect((await failure(link.openUnix("/x.sock"))).code).toBe("FORWARDING_REFUSED");
    });

    it("does not wait for ever for a program that is never started", async () => {
      const port = await ssh((client) =>
        open(client).on("session", (acceptSession) => {
          acceptSession().on("exec", () => {});
        }),
      );
      const { link } = connectTo(port, { timings: { channelMs: 100 } });
      expect((await failure(link.exec(["true"]))).code).toBe("TIMED_OUT");
      // Its place is free again.
      const many = await Promise.all(Array.from({ length: 12 }, () => failure(link.exec(["true"]))));
      expect(new Set(many.map(({ code }) => code))).toEqual(new Set(["TIMED_OUT"]));
    });

    it("says so when a program is refused", async () => {
      const port = await ssh((client) =>
        open(client).on("session", (acceptSession) => {
          acceptSession().on("exec", (_accept, reject) => reject());
        }),
      );
      const { link } = connectTo(port);
      expect(await failure(link.exec(["nvidia-smi"]))).toMatchObject({
        code: "CHANNEL_FAILED",
        details: { kind: "exec", to: "nvidia-smi" },
      });
    });

    it("returns null for a program that a signal ended", async () => {
      const port = await ssh((client) =>
        open(client).on("session", (acceptSession) => {
          acceptSession().on("exec", (acceptExec) => {
            const channel = acceptExec();
            channel.write("some");
            channel.exit("KILL");
            channel.end();
          });
        }),
      );
      const { link } = connectTo(port);
      expect(await link.exec(["x"])).toMatchObject({ code: null, stdout: Buffer.from("some"), truncated: false });
    });
  });
});
