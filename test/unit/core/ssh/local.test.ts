import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFailure } from "../../../../electron/core/failure.ts";
import { systemClock } from "../../../../electron/core/node.ts";
import { createLocalLink, type LinkState } from "../../../../electron/core/ssh/index.ts";

import { until } from "../../../helpers/until.ts";

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

describe("this machine as a host", () => {
  let dir: string;
  const make = (env: Record<string, string | undefined> = {}) =>
    createLocalLink({ hostId: "here", env: { PATH: process.env.PATH, ...env }, clock: systemClock() });
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "gatehouse-local-"));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("runs programs without a shell, in the C locale and the given environment", async () => {
    const link = make({ LC_ALL: "de_DE.UTF-8", A: "b" });
    expect(await link.exec(["sh", "-c", 'printf "%s" "$LC_ALL $A $1"; echo no >&2; exit 4', "sh", "$HOME; x"])).toEqual(
      {
        code: 4,
        stdout: Buffer.from("C b $HOME; x"),
        stderr: Buffer.from("no\n"),
        truncated: false,
      },
    );
  });

  it("gives standard input and its end", async () => {
    expect((await make().exec(["wc", "-c"], { stdin: Buffer.alloc(200_000) })).stdout.toString().trim()).toBe("200000");
  });

  it("bears a program that does not read its input", async () => {
    expect((await make().exec(["true"], { stdin: Buffer.alloc(1 << 20) })).code).toBe(0);
  });

  it("answers as a shell does for a program that is not there", async () => {
    const { code, stderr } = await make().exec(["/nonexistent/program"]);
    expect(code).toBe(127);
    expect(stderr.toString()).toContain("/nonexistent/program");
  });

  it.each<[string, Parameters<ReturnType<typeof make>["exec"]>, string]>([
    ["too long", [["sleep", "30"], { timeoutMs: 50 }], "TIMED_OUT"],
    ["cancelled before", [["true"], { signal: AbortSignal.abort() }], "CANCELLED"],
    ["cancelled meanwhile", [["sleep", "30"], { signal: AbortSignal.timeout(50) }], "CANCELLED"],
  ])("stops a program: %s", async (_name, args, code) => {
    expect((await failure(make().exec(...args))).code).toBe(code);
  });

  it("cuts output that is too long", async () => {
    const { stdout, truncated } = await make().exec(["yes"], { maxBytes: 1000 });
    expect({ size: stdout.length, truncated }).toEqual({ size: 1000, truncated: true });
  });

  it("ends with a program what that has started", async () => {
    const seconds = `${8_000 + (process.pid % 1000)}`;
    await failure(make().exec(["sh", "-c", `sleep ${seconds}; true`], { timeoutMs: 100 }));
    await until(async () => (await make().exec(["pgrep", "-f", `^sleep ${seconds}`])).code === 1);
  });

  it("streams a program that goes on until it is disposed", async () => {
    const spawned = await make().spawn(["sh", "-c", "while :; do echo tick; sleep 0.02; done"]);
    let seen = "";
    for await (const chunk of spawned.stdout) {
      seen += Buffer.from(chunk).toString();
      if (seen.length > 12) break;
    }
    expect(seen).toContain("tick\ntick\n");
    await spawned.dispose();
    expect(await spawned.exited).toBeNull();
  });

  it("ends the stream of a program that ends, and gives its status", async () => {
    const spawned = await make().spawn(["sh", "-c", "echo done; exit 3"]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of spawned.stdout) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe("done\n");
    expect(await spawned.exited).toBe(3);
  });

  it("opens unix sockets and ports, and says what is wrong with them", async () => {
    const path = join(dir, "echo.sock");
    const server = createServer((socket) => socket.pipe(socket)).listen(path);
    const link = make();
    const stream = await link.openUnix(path);
    stream.end("hello");
    expect(Buffer.concat(await stream.toArray()).toString()).toBe("hello");
    server.close();
    expect(await failure(link.openUnix(join(dir, "none.sock")))).toEqual({
      code: "CHANNEL_FAILED",
      details: { kind: "unix", to: join(dir, "none.sock"), reason: "ENOENT" },
    });
    expect(await failure(link.openTcp("127.0.0.1", 1))).toMatchObject({ details: { reason: "ECONNREFUSED" } });
  });

  it("is online until it is told to stop, and ends what runs", async () => {
    const link = make();
    const states: LinkState["phase"][] = [];
    link.onState((state) => states.push(state.phase));
    await link.ready();
    const spawned = await link.spawn(["sleep", "60"]);
    await link.disconnect();
    expect(await spawned.exited).toBeNull();
    expect((await failure(link.exec(["true"]))).code).toBe("HOST_OFFLINE");
    await link.ready();
    await link.exec(["true"]);
    expect(states).toEqual(["offline", "online"]);
    await link.dispose();
    expect((await failure(link.ready())).code).toBe("HOST_OFFLINE");
  });
});
