const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * An argument list as one line for a POSIX shell (sh, bash, dash, zsh; fish reads it the same way): every argument
 * arrives as it was given, whatever is in it. A NUL cannot be in an argument of any program, so it throws.
 */
export function quote(argv: readonly string[]): string {
  return argv.map(quoteOne).join(" ");
}

function quoteOne(argument: string): string {
  if (argument.includes("\0")) throw new RangeError("an argument cannot hold a NUL character");
  if (plain.test(argument)) return argument;
  return `'${argument.replaceAll("'", "'\\''")}'`;
}

/** Name of the variable that marks the processes of one command on the host. */
const markName = "GATEHOUSE_RUN";

/**
 * The line that runs a program in the C locale, so that its messages can be read by a program. `mark` goes into its
 * environment, and with that into all that it starts: it is how they are found again when they must be ended.
 */
export function commandLine(argv: readonly string[], mark?: string): string {
  return quote(["env", "LC_ALL=C", ...(mark === undefined ? [] : [`${markName}=${mark}`]), ...argv]);
}

/**
 * Ends the processes that carry a mark: asks, and kills after a second. For the hosts where sshd passes on no signal (it
 * does not when one logs in as root): there a program that says nothing outlives its channel, and holds a session.
 */
export function endMarked(mark: string): string {
  const script = [
    "cd /proc || exit",
    'for s in TERM KILL; do for f in $(grep -lsF "$1" [0-9]*/environ)',
    "do kill -s $s $(dirname $f) 2>/dev/null",
    "done; [ $s = KILL ] || sleep 1; done",
  ];
  return quote(["sh", "-c", script.join("; "), "sh", `${markName}=${mark}`]);
}
