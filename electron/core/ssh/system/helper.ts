import { execFile } from "node:child_process";
import { constants, open as openFd } from "node:fs";
import { chmod, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, reasonOf } from "../../failure.ts";

/** What OpenSSH's client wants to know: the words that it called the program with. */
export interface HelperQuestion {
  /** `confirm` or `none` (nothing but a notice) where the client said so (ssh(1), SSH_ASKPASS_PROMPT). */
  mode: string;
  args: readonly string[];
}

export interface Helper {
  /** A private folder; goes with `close`. */
  readonly folder: string;
  /** What the client is to run when it has a question. */
  readonly program: string;
  close(): Promise<void>;
}

/** The lines of an answer, without a newline in them, overwritten once they are told; `null` refuses. */
export type HelperAnswer = readonly Buffer[] | null;

/**
 * The program that the client runs. A shell and two named pipes, since the desktop has no Node that a stranger could run.
 * What it hears it prints and nothing else: an answer is never in a file, an argument or the environment. Its own end of
 * the pipe is closed after the first word, so that it ends when the console does.
 */
const program = `#!/bin/sh
umask 077
cd "\${0%/*}" || exit 1
trap 'rm -f "q$$" "a$$"' EXIT
trap 'echo "-$$" > ask; exit 1' HUP INT TERM
{ echo "$#"; printf '%s\\n' "\${SSH_ASKPASS_PROMPT-}" "$@"; } > "q$$"
mkfifo "a$$" || exit 1
exec 3<>"a$$"
echo "$$" > ask
IFS= read -r seen <&3
exec 4<"a$$" 3>&-
while IFS= read -r line <&4; do
  case $line in
    =*) printf '%s\\n' "\${line#=}" ;;
    .) exit 0 ;;
    *) exit 1 ;;
  esac
done
exit 1
`;

const maxQuestionBytes = 64 * 1024;
const maxOpen = 16;

/** Puts the program up in a folder of its own, and answers whoever it is run for. */
export async function openHelper(
  answer: (question: HelperQuestion, signal: AbortSignal) => Promise<HelperAnswer>,
): Promise<Helper> {
  const folder = await mkdtemp(join(shortFolder(), "gh-"));
  const asked = new Map<string, AbortController>();
  const file = join(folder, "helper");
  try {
    await writeFile(file, program, { mode: 0o700 });
    await chmod(file, 0o700);
    const asking = await openPipe(join(folder, "ask"));
    let rest = "";
    asking.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = (lines.pop() ?? "").slice(0, 64);
      for (const line of lines) heard(line);
    });
    return {
      folder,
      program: file,
      async close() {
        for (const controller of asked.values()) controller.abort();
        asking.destroy();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }

  function heard(line: string): void {
    const [, gone, id = ""] = /^(-?)(\d{1,10})$/.exec(line) ?? [];
    if (gone === "-") asked.get(id)?.abort();
    if (gone === "-" || id === "" || asked.has(id) || asked.size >= maxOpen) return;
    const controller = new AbortController();
    asked.set(id, controller);
    // One that went away while it waited is nobody's trouble.
    void serve(folder, id, answer, controller.signal)
      .catch(() => {})
      .finally(() => asked.delete(id));
  }
}

async function serve(
  folder: string,
  id: string,
  answer: (question: HelperQuestion, signal: AbortSignal) => Promise<HelperAnswer>,
  signal: AbortSignal,
): Promise<void> {
  const pipe = await open(join(folder, `a${id}`), constants.O_WRONLY | constants.O_NONBLOCK);
  const close = () => void pipe.close().catch(() => {});
  // Nobody listens any more: an answer that comes later has nowhere to go.
  signal.addEventListener("abort", close, { once: true });
  try {
    await pipe.write("+\n");
    const question = readQuestion(await readFile(join(folder, `q${id}`)));
    const lines = question === null ? null : await answer(question, signal);
    if (lines === null) {
      await pipe.write("-\n");
      return;
    }
    const told = Buffer.concat([...lines.flatMap((line) => [Buffer.from("="), line, Buffer.from("\n")]), end]);
    for (const line of lines) line.fill(0);
    try {
      await pipe.write(told);
    } finally {
      told.fill(0);
    }
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

const end = Buffer.from(".\n");

/** The number of words, the mode, the words. A single one may hold newlines. */
export function readQuestion(bytes: Buffer): HelperQuestion | null {
  if (bytes.length > maxQuestionBytes) return null;
  const [count = "", mode = "", ...words] = bytes.toString("utf8").replace(/\n$/, "").split("\n");
  if (count === "1") return { mode, args: [words.join("\n")] };
  return words.length === Number(count) && words.length > 0 ? { mode, args: words } : null;
}

/** Opened for both ways, so that it neither waits for a writer nor ends with one. */
async function openPipe(path: string): Promise<Socket> {
  await new Promise<void>((resolve, reject) => {
    execFile("mkfifo", ["-m", "600", path], (error) =>
      error ? reject(new Failure("OPENSSH_MISSING", { what: "mkfifo", reason: reasonOf(error) })) : resolve(),
    );
  });
  const fd = await new Promise<number>((resolve, reject) => {
    openFd(path, constants.O_RDWR | constants.O_NONBLOCK, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  // The socket closes it.
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on("error", () => {});
  return socket;
}

/** The client puts paths of it unquoted into a command of its own, and a socket's path has some 100 bytes. */
function shortFolder(): string {
  const folder = tmpdir();
  return /^[A-Za-z0-9_./-]{1,60}$/.test(folder) ? folder : "/tmp";
}
