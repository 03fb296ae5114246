import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote } from "../../../../electron/core/ssh/quote.ts";
import { basicPrograms } from "../../../../electron/practice/shell/basics.ts";
import { createFiles } from "../../../../electron/practice/shell/files.ts";
import { matches } from "../../../../electron/practice/shell/patterns.ts";
import { createProcesses } from "../../../../electron/practice/shell/processes.ts";
import { type Machine, noInput, runArgv, runCommandLine } from "../../../../electron/practice/shell/run.ts";

function machine(): Machine {
  return {
    env: { HOME: "/home/me", LIST: "a b", EMPTY: "" },
    files: createFiles({
      seeds: { "/etc/motd": { type: "file", content: () => "hello\n" }, "/tmp": { type: "directory", mode: 0o1777 } },
      now: () => 1_750_000_000_000,
      owner: { uid: 1000, gid: 1000 },
      refuses: (path) => (path.startsWith("/tmp/") ? null : "EROFS"),
    }),
    programs: basicPrograms({
      identity: { uid: 1000, gid: 1000, user: "me", groups: [{ gid: 1000, name: "me" }] },
      hostname: "box",
      now: () => 1_750_000_000_000,
      kernel: { release: "6.1.0", version: "#1", machine: "x86_64" },
      userName: (uid) => (uid === 0 ? "root" : "me"),
      groupName: (gid) => (gid === 0 ? "root" : "me"),
      cpus: 4,
      sleep: async () => undefined,
    }),
  };
}

async function run(text: string | readonly string[], input?: string, on = machine()) {
  let stdout = "";
  let stderr = "";
  async function* stdin() {
    if (input !== undefined) yield Buffer.from(input);
  }
  const io = {
    stdin: input === undefined ? noInput() : stdin(),
    out: (data: string | Uint8Array) => {
      stdout += Buffer.from(data).toString("utf8");
    },
    err: (data: string | Uint8Array) => {
      stderr += Buffer.from(data).toString("utf8");
    },
  };
  const { signal } = new AbortController();
  const code = await (typeof text === "string" ? runCommandLine(on, text, io, signal) : runArgv(on, text, io, signal));
  return { code, stdout, stderr };
}

const ok = (stdout: string) => ({ code: 0, stdout, stderr: "" });

test("a job in the background outlives its shell, and ends when it is told to", async () => {
  const processes = createProcesses(100);
  const ended: number[] = [];
  const plain = machine();
  const programs = new Map(plain.programs)
    .set("serve", async (call) => {
      await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
      ended.push(call.pid);
      return 0;
    })
    .set("kill", (call) =>
      Number(!(call.argv[1] === "-0" ? processes.has(Number(call.argv[2])) : processes.kill(Number(call.argv[1])))),
    );
  const on = { ...plain, programs, processes };
  const started = await run("serve >/tmp/log 2>&1 & echo $!; kill -0 $! && echo runs", undefined, on);
  expect(started).toEqual(ok("107\nruns\n"));
  expect(await run("kill 107; kill 108 || echo none", undefined, on)).toEqual(ok("none\n"));
  await processes.dispose();
  expect(ended).toEqual([107]);
  expect(processes.has(107)).toBe(false);
});

describe("patterns", () => {
  test.each<[string, string, boolean]>([
    ["*", "", true],
    ["a*b*c", "aXbYc", true],
    ["a*b*c", "aXbY", false],
    ["\\*", "*", true],
    ["\\*", "x", false],
    ["[!a]", "b", true],
    ["[!a]", "a", false],
    ["[]", "[]", true],
    ["jpserver-*.json", "jpserver-41.json", true],
    ["*".repeat(200), "a".repeat(400), true],
    [`${"*a".repeat(100)}b`, "a".repeat(400), false],
  ])("%s and %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });
});

describe("command lines", () => {
  test.each<[name: string, text: string, expected: { code: number; stdout: string; stderr: string }]>([
    ["words", "echo a   b", ok("a b\n")],
    ["single quotes keep everything", `echo 'a  $HOME \\ "'`, ok(`a  $HOME \\ "\n`)],
    ["double quotes expand", `echo "$HOME \\$HOME \\"q\\""`, ok('/home/me $HOME "q"\n')],
    ["backslash", "echo a\\ b \\'", ok("a b '\n")],
    ["unquoted values are split, quoted are not", `printf '<%s>' $LIST "$LIST"`, ok("<a><b><a b>")],
    ["an empty unquoted value vanishes", `printf '<%s>' $EMPTY "$EMPTY" x`, ok("<><x>")],
    ["text beside a value", `printf '<%s>' x$LIST"y"`, ok("<xa><by>")],
    ["braces and a fallback", `echo \${HOME} \${NOPE:-none} \${NOPE:-"a b"}`, ok("/home/me none a b\n")],
    ["command substitution", `echo "uid $(id -u)" \`id -u\``, ok("uid 1000 1000\n")],
    [
      "a probe path as the console asks for it",
      `test -S /run/user/$(id -u)/docker.sock`,
      { code: 1, stdout: "", stderr: "" },
    ],
    [
      "and, or, semicolon",
      "true && echo a; false || echo b; false && echo c",
      { code: 1, stdout: "a\nb\n", stderr: "" },
    ],
    ["not", "! false && echo yes", ok("yes\n")],
    ["pipes", "printf 'b\\na\\n' | head -n 1 | cat", ok("b\n")],
    ["exit", "echo a; exit 3; echo b", { code: 3, stdout: "a\n", stderr: "" }],
    ["status of the last", "false; echo $?", ok("1\n")],
    ["if", "if test -f /etc/motd; then echo y; else echo n; fi", ok("y\n")],
    ["elif", "if false; then echo 1; elif true; then echo 2; fi", ok("2\n")],
    ["groups", "{ echo a; echo b; } | tail -n 1; (exit 4)", { code: 4, stdout: "b\n", stderr: "" }],
    ["assignments", "X=1; X=2 env | head -n 0; echo $X", ok("1\n")],
    ["env", "env LC_ALL=C printenv LC_ALL", ok("C\n")],
    ["sh -c with arguments", `sh -c 'echo "$1:$#:$0"' name one two`, ok("one:2:name\n")],
    ["all arguments", `sh -c 'printf "<%s>" "$@"' sh 'a b' c`, ok("<a b><c>")],
    ["standard error", "echo x >&2", { code: 0, stdout: "", stderr: "x\n" }],
    ["to nowhere", "cat /nope 2>/dev/null; echo done", ok("done\n")],
    [
      "errors with the output",
      "cat /nope 2>&1",
      { code: 1, stdout: "cat: /nope: No such file or directory\n", stderr: "" },
    ],
    ["command -v", "command -v id; command -v nope", { code: 127, stdout: "/usr/bin/id\n", stderr: "" }],
    ["by its path", "/usr/bin/id -un", ok("me\n")],
    ["comments", "echo a # b\n# c\necho d", ok("a\nd\n")],
    ["stat", "stat -c '%a %U %s %F' /etc/motd", ok("644 root 6 regular file\n")],
    ["wc", "printf abc | wc -c", ok("3\n")],
    ["tests of numbers", "[ 3 -gt 2 ] && [ a != b ] && echo ok", ok("ok\n")],
    ["for", "for x in a 'b c' $LIST; do printf '<%s>' \"$x\"; done", ok("<a><b c><a><b>")],
    ["for over the arguments", `sh -c 'for x; do echo "$x"; done' sh 1 2`, ok("1\n2\n")],
    [
      "break and continue",
      "for x in 1 2 3 4; do [ $x = 2 ] && continue; [ $x = 4 ] && break; echo $x; done; echo $x",
      ok("1\n3\n4\n"),
    ],
    [
      "arguments of one's own",
      `set -- a 'b c'; set -- "$@" d; shift; for x in "$@"; do printf '<%s>' "$x"; done`,
      ok("<b c><d>"),
    ],
    ["while, counting", "n=0; while [ $n -lt 3 ]; do echo $n; n=$((n + 1)); done", ok("0\n1\n2\n")],
    ["until", "n=5; until [ $n = 3 ]; do n=$((n-1)); done; echo $n", ok("3\n")],
    [
      "case",
      'for x in best other; do case "$x" in best|good) echo b;; *) echo "else $x"; esac; done',
      ok("b\nelse other\n"),
    ],
    [
      "cut from the front and the end",
      `f=/a/b-1.json; echo \${f##*/} \${f#*/} \${f%.json} \${f%%-*}`,
      ok("b-1.json a/b-1.json /a/b-1 /a/b\n"),
    ],
    ["a quoted pattern means itself", `f='a*b'; echo \${f#a'*'} \${f#'*'}`, ok("b a*b\n")],
    ["file names", 'echo /etc/m* /etc/nope* "/etc/m*" /e[a-t]c/mot?', ok("/etc/motd /etc/nope* /etc/m* /etc/motd\n")],
    ["grep", "printf 'ab\\ncd\\n' | grep -E '(x|c)d$'; grep -q hell /etc/motd && echo $?", ok("cd\n0\n")],
    ["sed", `echo 'x socket:[41]' | sed -n "s/.*socket:\\[\\([0-9]*\\)\\]$/inode \\1/p"`, ok("inode 41\n")],
    ["sed everywhere", "echo token=1 token=2 | sed 's/token=[0-9]*/token=/g'", ok("token= token=\n")],
    ["cut", "echo abcdef | cut -c2-3", ok("bc\n")],
    [
      "a folder that is not there",
      "cd /nope || echo no",
      { code: 0, stdout: "no\n", stderr: "sh: 1: cd: can't cd to /nope\n" },
    ],
    ["no jobs where there are none", "sleep 1 & echo $!", { code: 0, stdout: "\n", stderr: "sh: 1: Cannot fork\n" }],
    ["unknown program", "nope -x", { code: 127, stdout: "", stderr: "sh: 1: nope: not found\n" }],
    ["a path that is no program", "/opt/bin/id", { code: 127, stdout: "", stderr: "sh: 1: /opt/bin/id: not found\n" }],
  ])("%s", async (_name, text, expected) => {
    expect(await run(text)).toEqual(expected);
  });

  test.each([
    ["open quote", "echo 'a", "Unterminated quoted string"],
    ["stray parenthesis", "echo a)", '")" unexpected'],
    ["nothing after and", "true &&", "end of file unexpected"],
    ["a loop that does not end", "while true; do echo", "end of file unexpected"],
    ["a list in the background", "true && sleep 9 &", "a list in the background"],
    ["here-documents", "cat <<E\nE", "here-documents"],
    ["arithmetic without an end", "echo $((1+1)", "Missing '))'"],
    ["nested too deeply", "(".repeat(40), "nested too deeply"],
    ["too long", "a".repeat(70_000), "Argument list too long"],
  ])("refused: %s", async (_name, text, reason) => {
    const ran = await run(text);
    expect(ran).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(reason) });
  });

  test("a program that runs itself for ever is stopped", async () => {
    expect(
      await run("sh -c 'env env env env env env env env env env env env env env env env env env true'"),
    ).toMatchObject({
      code: 126,
    });
  });

  test("whatever the console quotes arrives as it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 6 }), async (args) => {
        const clean = args.map((arg) => arg.replaceAll("\0", "").replaceAll("%", "")).filter((arg) => !/\\/.test(arg));
        const expected = clean.map((arg) => `<${arg}>`).join("");
        const ran = await run(quote(["printf", clean.length === 0 ? "" : "<%s>", ...clean]));
        expect(ran).toEqual(ok(Buffer.from(expected).toString("utf8")));
      }),
      { numRuns: 200 },
    );
  });

  test("no text makes it throw", async () => {
    const pieces = fc.constantFrom(..."'\"$`\\|&;<>(){}# \n!=", "echo", "if", "then", "fi", "$(", "a");
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 30 }), async (parts) => {
        const { code } = await run(parts.join(""));
        expect(code).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe("files", () => {
  test("the console's way to write a secret: whole, 0400, by rename", async () => {
    const on = machine();
    const script = 'umask 077; rm -f "$1.tmp"; cat > "$1.tmp" && chmod 0400 "$1.tmp" && mv -f "$1.tmp" "$1"';
    expect(await run(["sh", "-c", script, "sh", "/tmp/key"], "value", on)).toEqual(ok(""));
    expect(await run("cat /tmp/key; ls -ln /tmp", undefined, on)).toEqual(
      ok("valuetotal 4\n-r-------- 1 1000 1000 5 06-15 15:06 key\n"),
    );
  });

  test.each([
    ["a read-only place", "echo a > /etc/x", "sh: 1: cannot create /etc/x: Read-only file system\n"],
    ["a folder that is not there", "echo a > /tmp/no/x", "sh: 1: cannot create /tmp/no/x: Directory nonexistent\n"],
    ["touch", "touch /x", "touch: cannot touch '/x': Read-only file system\n"],
    [
      "no write permission",
      "umask 777; echo a > /tmp/x; echo b > /tmp/x",
      expect.stringContaining("Permission denied"),
    ],
  ])("refused: %s", async (_name, text, stderr) => {
    expect(await run(text)).toMatchObject({ stderr });
  });

  test("append, and mkdir -p", async () => {
    expect(await run("mkdir -p /tmp/d; echo a > /tmp/d/f; echo b >> /tmp/d/f; cat /tmp/d/f")).toEqual(ok("a\nb\n"));
  });
});
