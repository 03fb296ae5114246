import { quoted, type RunConfig } from "./runConfig.ts";

/** The arguments of a master with this configuration; what is said here holds for the host itself and for no hop. */
export function masterArguments(configFile: string, socket: string, { way, target, keyFile }: RunConfig): string[] {
  const { auth } = target;
  const proof: readonly string[] =
    auth.kind === "password"
      ? ["PubkeyAuthentication=no", "PreferredAuthentications=password,keyboard-interactive"]
      : auth.kind === "interactive"
        ? ["PubkeyAuthentication=no", "PreferredAuthentications=keyboard-interactive,password"]
        : keyFile === null
          ? []
          : [`IdentityFile=${quoted(keyFile)}`, "IdentitiesOnly=yes"];
  const agent = auth.kind === "agent" ? ["IdentityAgent=SSH_AUTH_SOCK"] : [];
  return [
    ...["-F", configFile, "-M", "-S", socket, "-N", "-T"],
    ...[...proof, ...agent].flatMap((setting) => ["-o", setting]),
    ...(way.jumps === undefined || way.jumps.length === 0 ? [] : ["-J", way.jumps.join(",")]),
    ...(way.user === undefined ? [] : ["-l", way.user]),
    ...(way.port === undefined ? [] : ["-p", String(way.port)]),
    ...["--", way.name],
  ];
}

/** Arguments of a call through a master. Without the master it must fail, and not connect somewhere by itself. */
export function throughMaster(socket: string, ...more: readonly string[]): string[] {
  return ["-F", "none", "-S", socket, "-o", "ProxyCommand=false", "-o", "BatchMode=yes", ...more];
}
