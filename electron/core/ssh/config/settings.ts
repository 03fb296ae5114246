import { join } from "node:path";
import { Failure } from "../../failure.ts";
import { underHome } from "../paths.ts";
import type { Settings } from "./evaluate.ts";

/** A host as the user's own configuration has it. Times in milliseconds. */
export interface ConfiguredHost {
  /** The name that was asked for. */
  alias: string;
  resolvedBy: "ssh" | "parser";
  address: string;
  port: number;
  user: string;
  /** Private keys in the order in which they are tried; whether they exist is not known here. */
  identityFiles: string[];
  identitiesOnly: boolean;
  /** Socket of the agent; `null` leaves it to `SSH_AUTH_SOCK`, `"none"` means without. */
  identityAgent: string | null;
  certificateFiles: string[];
  /** `[user@]host[:port]` or names of the configuration, nearest first. */
  jumps: string[];
  /** With its tokens filled in. */
  proxyCommand: string | null;
  hostKeyAlias: string | null;
  userKnownHosts: string[];
  globalKnownHosts: string[];
  strict: "ask" | "yes" | "accept-new";
  keepAlive: { intervalMs: number; misses: number } | null;
  connectTimeoutMs: number | null;
  /** `publickey`, `keyboard-interactive`, `password`, in the order wished for. */
  preferred: string[] | null;
  /** Settings that are there and that this program does not follow, as `keyword value`. */
  notHonoured: string[];
}

const honoured = new Set([
  ...["hostname", "user", "port", "identityfile", "identitiesonly", "identityagent", "certificatefile"],
  ...["proxyjump", "proxycommand", "hostkeyalias", "userknownhostsfile", "globalknownhostsfile"],
  ...["serveraliveinterval", "serveralivecountmax", "connecttimeout", "preferredauthentications"],
]);

/** Of ssh's own terminal, its log or its multiplexing: nothing here that could be followed or missed. */
const withoutMeaning = new Set([
  ...[
    "host",
    "addkeystoagent",
    "hashknownhosts",
    "updatehostkeys",
    "tcpkeepalive",
    "sendenv",
    "loglevel",
    "logverbose",
  ],
  ...["requesttty", "escapechar", "visualhostkey", "fingerprinthash", "controlmaster", "controlpath", "controlpersist"],
  ...["gssapiauthentication", "xauthlocation", "batchmode", "numberofpasswordprompts", "exitonforwardfailure"],
  ...["clearallforwardings", "ignoreunknown", "canonicaldomains", "canonicalizehostname", "include", "ipqos"],
]);

export interface Reading {
  alias: string;
  settings: Settings;
  /** What holds when nobody says anything; what differs from it was wished for. */
  defaults: Settings;
  resolvedBy: "ssh" | "parser";
  /** Further lines for `notHonoured`. */
  unanswered: readonly string[];
  home: string;
  localUser: string;
}

/** Makes a host of the settings. `SSH_CONFIG_INVALID` for a name, user or token that nobody should hand on. */
export function hostFrom(reading: Reading): ConfiguredHost {
  const { alias, settings, home, localUser } = reading;
  const first = (keyword: string) => settings.get(keyword)?.[0];
  const all = (keyword: string) => settings.get(keyword) ?? [];
  const user = first("user") ?? localUser;
  const port = portOf(first("port"), alias);
  const address = (first("hostname") ?? alias).replaceAll("%h", alias).replaceAll("%%", "%");
  refuseUnsafe("HostName", address, /^(?!-)[A-Za-z0-9._:%-]{1,253}$/);
  refuseUnsafe("User", user, /^(?!-)[A-Za-z0-9._@\\-]{1,64}$/);

  const tokens: Tokens = { h: address, p: String(port), r: user, n: alias, u: localUser, d: home, "%": "%" };
  const path = (text: string) => underHome(fill(text, tokens), home);
  const paths = (keyword: string) =>
    all(keyword)
      .filter((text) => text !== "none")
      .map(path);
  const some = (list: string[], otherwise: string[]) => (list.length > 0 ? list : otherwise);
  const command = first("proxycommand");
  const none = (text: string | undefined) => text === undefined || text.toLowerCase() === "none";

  return {
    alias,
    resolvedBy: reading.resolvedBy,
    address,
    port,
    user,
    identityFiles: [...new Set(some(paths("identityfile"), all("identityfile").length > 0 ? [] : usualKeys(home)))],
    identitiesOnly: yes(first("identitiesonly")),
    identityAgent: agentOf(first("identityagent"), path),
    certificateFiles: paths("certificatefile"),
    jumps: none(first("proxyjump")) ? [] : (first("proxyjump") ?? "").split(",").map((hop) => hop.trim()),
    proxyCommand: command === undefined || none(command) ? null : fill(command, tokens),
    hostKeyAlias: first("hostkeyalias") ?? null,
    userKnownHosts: some(paths("userknownhostsfile"), settings.has("userknownhostsfile") ? [] : usualKnownHosts(home)),
    globalKnownHosts: some(
      paths("globalknownhostsfile"),
      settings.has("globalknownhostsfile") ? [] : ["/etc/ssh/ssh_known_hosts"],
    ),
    strict: strictOf(first("stricthostkeychecking")),
    keepAlive: keepAliveOf(first("serveraliveinterval"), first("serveralivecountmax")),
    connectTimeoutMs: seconds(first("connecttimeout")),
    preferred: first("preferredauthentications")?.split(",") ?? null,
    notHonoured: [...left(reading), ...reading.unanswered],
  };
}

const usualKeys = (home: string) =>
  ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"].map((name) => join(home, ".ssh", name));
const usualKnownHosts = (home: string) => [join(home, ".ssh", "known_hosts"), join(home, ".ssh", "known_hosts2")];

function yes(text: string | undefined): boolean {
  return text === "yes" || text === "true";
}

function portOf(text: string | undefined, alias: string): number {
  const port = Number(text ?? "22");
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Failure("SSH_CONFIG_INVALID", { name: alias, reason: `Port ${text}` });
}

function refuseUnsafe(what: string, text: string, shape: RegExp): void {
  if (!shape.test(text)) throw new Failure("SSH_CONFIG_INVALID", { reason: `${what} ${text.slice(0, 80)}` });
}

function agentOf(text: string | undefined, path: (text: string) => string): string | null {
  if (text === undefined || text === "SSH_AUTH_SOCK") return null;
  return text === "none" ? "none" : path(text);
}

/** `no` and `off` are treated as `ask`: no key is ever taken unseen. `left` tells so. */
function strictOf(text: string | undefined): ConfiguredHost["strict"] {
  if (yes(text)) return "yes";
  return text === "accept-new" ? "accept-new" : "ask";
}

function seconds(text: string | undefined): number | null {
  const value = Number(text ?? "");
  return Number.isInteger(value) && value > 0 && value <= 86_400 ? value * 1000 : null;
}

function keepAliveOf(interval: string | undefined, misses: string | undefined): ConfiguredHost["keepAlive"] {
  const intervalMs = seconds(interval);
  const count = Number(misses ?? "3");
  return intervalMs === null ? null : { intervalMs, misses: Number.isInteger(count) && count > 0 ? count : 3 };
}

function left({ settings, defaults }: Reading): string[] {
  return [...settings].flatMap(([keyword, values]): string[] => {
    const usual = defaults.get(keyword) ?? [];
    if (honoured.has(keyword) || withoutMeaning.has(keyword)) return [];
    const differing = values.filter((value) => !usual.includes(value) && value !== "none");
    if (keyword === "stricthostkeychecking") {
      return differing.filter((value) => ["no", "off", "false"].includes(value)).map((value) => `${keyword} ${value}`);
    }
    return differing.map((value) => `${keyword} ${value}`.slice(0, 200));
  });
}

type Tokens = Readonly<Record<string, string>>;

/** The tokens of ssh_config(5) that are used in paths and commands; another one cannot be guessed at. */
function fill(text: string, tokens: Tokens): string {
  return text.replaceAll(/%(.)/g, (whole, letter: string) => {
    const value = Object.hasOwn(tokens, letter) ? tokens[letter] : undefined;
    if (value === undefined) throw new Failure("SSH_CONFIG_INVALID", { reason: `token ${whole}` });
    return value;
  });
}
