import { Exit, type Frame, findProgram, type Io, Leave } from "./frame.ts";

/** What changes the shell itself. `null` when `argv` is not one of those. */
export async function runBuiltin(frame: Frame, argv: readonly string[], io: Io): Promise<number | null> {
  const [name, first] = argv;
  switch (name) {
    case ":":
    case "trap":
      return 0;
    case "set":
      if (first === "--") frame.args = [frame.args[0] ?? "sh", ...argv.slice(2)];
      return 0;
    case "shift":
      frame.args = [frame.args[0] ?? "sh", ...frame.args.slice(2)];
      return 0;
    case "cd": {
      const to = first ?? frame.variables.get("HOME") ?? "/";
      if (frame.machine.files.stat(to)?.type === "directory") {
        frame.variables.set("PWD", to);
        return 0;
      }
      await io.err(`sh: 1: cd: can't cd to ${to}\n`);
      return 2;
    }
    case "break":
    case "continue":
      if (frame.loops > 0) throw new Leave(name === "continue");
      return 0;
    case "exit":
      throw new Exit(first === undefined ? frame.status : Number(first) & 0xff);
    case "umask":
      if (first === undefined) await io.out(`${frame.umask.toString(8).padStart(4, "0")}\n`);
      else frame.umask = Number.parseInt(first, 8);
      return 0;
    case "export":
      for (const pair of argv.slice(1)) {
        const equals = pair.indexOf("=");
        if (equals > 0) frame.variables.set(pair.slice(0, equals), pair.slice(equals + 1));
      }
      return 0;
    case "exec":
      return argv.length === 1 ? 0 : null;
    case "command": {
      if (first !== "-v" && first !== "-V") return null;
      const wanted = argv[2] ?? "";
      if (findProgram(frame.machine, wanted) === undefined) return 127;
      await io.out(wanted.includes("/") ? `${wanted}\n` : `/usr/bin/${wanted}\n`);
      return 0;
    }
    default:
      return null;
  }
}
