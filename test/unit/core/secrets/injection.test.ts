import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "../../../../electron/core/failure.ts";
import {
  chooseDelivery,
  createApiKey,
  createApiKeys,
  type Delivery,
  deliverFile,
  deliverMemory,
  isTextSecret,
  Secret,
} from "../../../../electron/core/secrets/index.ts";
import { loadBody } from "../../../../electron/core/secrets/injection.ts";

const quiet = { register() {} };
const secretOf = (value: string | Uint8Array, name = "HF_TOKEN") => new Secret(quiet, name, Buffer.from(value));
const mask = (text: string) => text.replaceAll("s3cret-value", "********");

describe("deliverFile", () => {
  interface Ran {
    argv: readonly string[];
    stdin: string;
    user: string | undefined;
  }
  function engineThat(answer: () => { code: number; stderr?: string }) {
    const ran: Ran[] = [];
    const lent: Uint8Array[] = [];
    return {
      ran,
      lent,
      async exec(_id: string, argv: readonly string[], options: { stdin?: Uint8Array; user?: string } = {}) {
        ran.push({ argv, stdin: Buffer.from(options.stdin ?? []).toString(), user: options.user });
        if (options.stdin) lent.push(options.stdin);
        const { code, stderr = "" } = answer();
        return { code, stdout: Buffer.alloc(0), stderr: Buffer.from(stderr) };
      },
    };
  }
  const to = { path: "/run/secrets/HF_TOKEN", user: "10001:10001", mask, secret: secretOf("s3cret-value") };

  test("the template's own writer gets the value on its standard input", async () => {
    const engine = engineThat(() => ({ code: 0 }));
    await deliverFile(engine, "c1", { ...to, writer: ["node", "/app/x.mjs", "write-secret"] });
    expect(engine.ran).toEqual([
      {
        argv: ["node", "/app/x.mjs", "write-secret", "/run/secrets/HF_TOKEN"],
        stdin: "s3cret-value",
        user: "10001:10001",
      },
    ]);
    expect(engine.lent[0]?.every((byte) => byte === 0)).toBe(true);
  });

  test("a shell does it elsewhere: whole or not at all, never readable by others, the value in no argument", async () => {
    const engine = engineThat(() => ({ code: 0 }));
    await deliverFile(engine, "c1", { ...to, writer: null });
    expect(engine.ran[0]?.argv.slice(0, 2)).toEqual(["sh", "-c"]);
    expect(engine.ran[0]?.argv[2]).toMatch(/umask 077.*cat > "\$1\.tmp".*chmod 0400.*mv -f "\$1\.tmp" "\$1"/);
    expect(engine.ran[0]?.argv.slice(3)).toEqual(["sh", "/run/secrets/HF_TOKEN"]);
    expect(engine.ran[0]?.argv.join(" ")).not.toContain("s3cret-value");
  });

  test.each<[name: string, answer: () => { code: number; stderr?: string }, code: string, reason: RegExp]>([
    ["no such program", () => ({ code: 127, stderr: "sh: not found" }), "INJECTION_UNSUPPORTED", /sh: not found/],
    [
      "the engine says so",
      () => {
        throw new Failure("ENGINE_ERROR", { reason: 'exec: "sh": executable file not found in $PATH' });
      },
      "INJECTION_UNSUPPORTED",
      /the image has no sh/,
    ],
    ["no room", () => ({ code: 1, stderr: "cat: write error: No space left" }), "ENGINE_ERROR", /No space left/],
    ["it repeats the value", () => ({ code: 2, stderr: "bad: s3cret-value" }), "ENGINE_ERROR", /^bad: \*{8}$/],
    ["it says nothing", () => ({ code: 5 }), "ENGINE_ERROR", /exit status 5/],
    [
      "the host is gone",
      () => {
        throw new Failure("HOST_OFFLINE", { reason: "x" });
      },
      "HOST_OFFLINE",
      /x/,
    ],
  ])("%s", async (_name, answer, code, reason) => {
    const engine = engineThat(answer);
    const failure = await deliverFile(engine, "c1", { ...to, writer: null }).catch(
      (error: unknown) => error as Failure,
    );
    expect(failure).toMatchObject({ code, details: { reason: expect.stringMatching(reason) } });
    expect(engine.lent.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });

  test.each([
    "/tmp/x",
    "/run/secrets/../x",
    "/run/secrets/",
    "/run/secrets/a/b",
    "/run/secrets/-rf",
    "/run/secretsx/a",
  ])("refuses the path %s", async (path) => {
    const engine = engineThat(() => ({ code: 0 }));
    await expect(deliverFile(engine, "c1", { ...to, path, writer: null })).rejects.toMatchObject({
      code: "INJECTION_UNSUPPORTED",
    });
    expect(engine.ran).toEqual([]);
  });
});

describe("chooseDelivery", () => {
  const both: Delivery[] = ["memory", "file"];
  test.each<[supported: Delivery[], wanted: Delivery | "auto", isText: boolean, expected: Delivery | "refused"]>([
    [both, "auto", true, "memory"],
    [both, "auto", false, "file"],
    [both, "memory", true, "memory"],
    [both, "memory", false, "refused"],
    [both, "file", true, "file"],
    [["file"], "auto", true, "file"],
    [["file"], "memory", true, "refused"],
    [["memory"], "file", true, "refused"],
    [["memory"], "auto", false, "refused"],
    [[], "auto", true, "refused"],
  ])("%j, wanted %s, text %s → %s", (supported, wanted, isText, expected) => {
    const choose = () => chooseDelivery(supported, wanted, { name: "production/X", isText });
    if (expected === "refused") {
      expect(choose).toThrow(expect.objectContaining({ code: "INJECTION_UNSUPPORTED" }));
    } else {
      expect(choose().delivery).toBe(expected);
      expect(choose().why).not.toBe("");
    }
  });

  test.each<[name: string, value: string | Uint8Array, isText: boolean]>([
    ["text", "välue", true],
    ["cut UTF-8", Buffer.from([0xc3]), false],
    ["a zero byte", "a\0b", false],
  ])("%s", (_name, value, isText) => {
    expect(isTextSecret(secretOf(value))).toBe(isText);
  });
});

describe("the load body", () => {
  test("is the JSON that JSON.stringify would make, for any text", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Z_]{1,8}$/), fc.string({ unit: "grapheme" })), (values) => {
        const env = Object.entries(values).map(([name, value]) => ({ name, secret: secretOf(value, name) }));
        const order = { backend: 'a"b', engineParams: { model: "x", n: 1, on: true }, env };
        const parsed = JSON.parse(loadBody(order).toString("utf8"));
        expect(parsed).toEqual({
          backend_class: 'a"b',
          engine_params: { model: "x", n: 1, on: true },
          env: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Buffer.from(value).toString()])),
        });
      }),
    );
  });

  test("is overwritten when the server has it, or refused it", async () => {
    const seen: Buffer[] = [];
    const order = { backend: "echo", engineParams: {}, env: [{ name: "A", secret: secretOf("s3cret-value") }] };
    await deliverMemory({ load: async (body) => void seen.push(body) }, order);
    const refused = {
      load: async (body: Buffer) => Promise.reject(new Failure("SERVER_ERROR", {}, { cause: seen.push(body) })),
    };
    await expect(deliverMemory(refused, order)).rejects.toMatchObject({ code: "SERVER_ERROR" });
    expect(seen.map((body) => body.every((byte) => byte === 0))).toEqual([true, true]);
  });
});

describe("keys of model servers", () => {
  test("are registered before they are seen, and are fresh", () => {
    const registered: string[] = [];
    const registrar = { register: (name: string) => void registered.push(name) };
    let n = 0;
    const random = { bytes: (size: number) => Buffer.alloc(size, ++n) };
    const [one, two] = [createApiKey(random, registrar), createApiKey(random, registrar)];
    expect(registered).toEqual(["AUTH_TOKEN", "AUTH_TOKEN"]);
    expect(one.use((value) => value.toString())).toBe(Buffer.alloc(32, 1).toString("base64url"));
    expect(two.use((value) => value.toString())).not.toBe(one.use((value) => value.toString()));
  });

  test("are kept by container among the console's own", async () => {
    const kept = new Map<string, Buffer>();
    const own = {
      get: async (name: string) => kept.get(name) ?? null,
      put: async (name: string, value: Uint8Array) => void kept.set(name, Buffer.from(value)),
      remove: async (name: string) => kept.delete(name),
    };
    const keys = createApiKeys(own, quiet);
    const id = "ab12".repeat(16);
    await keys.put(id, secretOf("the key", "AUTH_TOKEN"));
    expect([...kept.keys()]).toEqual([`api-key-${id.slice(0, 32)}`]);
    expect((await keys.get(id))?.use((value) => value.toString())).toBe("the key");
    await keys.remove(id);
    expect(await keys.get(id)).toBeNull();
  });
});
