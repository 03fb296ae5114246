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

/** The line that runs a program in the C locale, so that its messages can be read by a program. */
export function commandLine(argv: readonly string[]): string {
  return quote(["env", "LC_ALL=C", ...argv]);
}
