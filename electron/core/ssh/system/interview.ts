import { Failure } from "../../failure.ts";
import { printable } from "../connection/auth.ts";
import { asHop, type RouteDeps } from "../connection/route.ts";
import { decideHostKey, keyQuestion } from "../connection/verify.ts";
import type { SshTarget } from "../target.ts";
import { readHostCertificate } from "../trust/hostCertificate.ts";
import type { RecordedKey } from "../trust/hostKeys.ts";
import { knownHostName } from "../trust/knownHosts.ts";
import type { HelperAnswer, HelperQuestion } from "./helper.ts";
import type { Progress } from "./progress.ts";

export interface InterviewDeps extends RouteDeps {
  /** Runs a question with the time limit stopped. */
  asking<T>(question: () => Promise<T>): Promise<T>;
  /** Ends the attempt with this failure. */
  giveUp(failure: Failure): void;
  progress: Progress;
}

/**
 * Answers what OpenSSH's client asks, with the same questions to the person and the same pins as the library's own
 * connections. What is refused ends the attempt: the client would go on with an empty answer.
 */
export function createInterview(deps: InterviewDeps) {
  const { target, held } = deps;
  const hosts = [...(target.jumps ?? []), target];
  const attempts = new Map<string, number>();
  let deciding: Promise<unknown> = Promise.resolve();

  async function hostKey([, why = "", name = "", type = "", blob = ""]: readonly string[]): Promise<HelperAnswer> {
    const lines = (all: readonly RecordedKey[], marker = "") =>
      all.map((one) => Buffer.from(`${marker}${name} ${one.type} ${one.key.toString("base64")}`));
    const known = (one: SshTarget) => deps.hostKeys.onRecord(keyQuestion(deps.hostId, one));
    // Before the connection: which types of key to ask for. The client tells no port here.
    if (why === "ORDER") {
      const meant = hosts.filter((one) => (one.hostKeyAlias ?? one.address).toLowerCase() === name.toLowerCase());
      const all = await Promise.all(meant.map(known));
      return all.flatMap(({ keys, authorities }) => [...lines(keys), ...lines(authorities, "@cert-authority ")]);
    }
    const host = hosts.find((one) => keyName(one) === name.toLowerCase());
    if (host === undefined) return [];
    deps.progress.at(host);
    const { authorities } = await known(host);
    const shown = Buffer.from(blob, "base64");
    const certificate = readHostCertificate(shown);
    // The client checks a certificate itself. By a stranger's it goes on with the bare key, and does not ask again.
    if (certificate && authorities.some((one) => one.key.equals(certificate.authority))) {
      return lines(authorities, "@cert-authority ");
    }
    const key = certificate?.key ?? shown;
    const ask = host === target ? deps.ask : asHop(deps.ask, host);
    const decision = decideHostKey(key, { ...deps, target: host, ask });
    deciding = decision.catch(() => {});
    await decision;
    return lines([{ type: certificate?.type ?? type, key }]);
  }

  /** What was right the last time is not asked again, unless it is asked twice now. */
  async function secret(text: string, ask: (attempt: number) => ReturnType<typeof deps.ask.password>) {
    const attempt = (attempts.get(text) ?? 0) + 1;
    attempts.set(text, attempt);
    const slot = held.answer(text);
    const kept = attempt === 1 ? slot.get() : null;
    const answer = kept ?? (await deps.asking(() => ask(attempt)));
    if (answer === null) throw new Failure("PROMPT_DISMISSED", { what: "password" });
    if (kept === null) slot.set(answer);
    return [answer.use((value) => oneLine(value))];
  }

  async function words(text: string, mode: string, signal: AbortSignal): Promise<HelperAnswer> {
    const { hostId, ask } = deps;
    if (mode === "none") return await touch(text, signal);
    const path = /^Enter passphrase for (?:key )?'?(.*?)'?: $/.exec(text)?.[1];
    if (path !== undefined) return await secret(text, (attempt) => ask.passphrase({ hostId, path, attempt, signal }));
    const [, user = "", at = ""] = /^([^@\s]+)@(.+)'s password: $/.exec(text) ?? [];
    if (user !== "") {
      await letAsk(user, at);
      const who = isTarget(user, at) ? user : `${user}@${at}`;
      return await secret(text, (attempt) => ask.password({ hostId, user: who, attempt, signal }));
    }
    // Yes or no to a key, or to an agent's use of one, is nothing that this way ever asks for.
    if (mode === "confirm" || /\(yes\/no/.test(text)) return null;
    return await dialogue(text, signal);
  }

  /** What a server asks, one at a time. Whether it may be seen while it is typed the client keeps to itself. */
  async function dialogue(text: string, signal: AbortSignal): Promise<HelperAnswer> {
    const [, user = "", at = "", question = text] = /^\(([^@\s]+)@([^)]+)\) (.*)$/s.exec(text) ?? [];
    await letAsk(user, at);
    const name = user === "" || isTarget(user, at) ? "" : at;
    const prompts = [{ text: printable(question), echo: false }];
    const asked = { hostId: deps.hostId, name: printable(name), instructions: "", prompts, signal };
    const answers = await deps.asking(() => deps.ask.answers(asked));
    if (answers === null) throw new Failure("PROMPT_DISMISSED", { what: "answers" });
    return [oneLine(Buffer.from(answers[0] ?? "", "utf8"))];
  }

  async function touch(text: string, signal: AbortSignal): Promise<HelperAnswer> {
    await deps.asking(() => deps.ask.touch({ hostId: deps.hostId, text: printable(text), signal }));
    if (!signal.aborted) throw new Failure("PROMPT_DISMISSED", { what: "touch" });
    return null;
  }

  /** A client that a command of the configuration has started is none of the way's hosts: it may ask. */
  async function letAsk(user: string, at: string): Promise<void> {
    const named = hosts.find((one) => one.user === user && at === (one.hostKeyAlias ?? one.address));
    const host = named ?? (user === "" || isTarget(user, at) ? target : undefined);
    if (host !== undefined) await deps.progress.letAsk(host);
  }

  const isTarget = (user: string, at: string) =>
    user === target.user && (at === (target.hostKeyAlias ?? target.address) || at === target.system?.way.name);

  return {
    async answer({ args, mode }: HelperQuestion, signal: AbortSignal): Promise<HelperAnswer> {
      try {
        if (args[0] === "host" && args.length === 5) return await hostKey(args);
        return args.length === 1 ? await words(args[0] ?? "", mode, signal) : null;
      } catch (error) {
        deps.giveUp(error instanceof Failure ? error : new Failure("INTERNAL", {}, { cause: error }));
        return null;
      }
    },
    /** Resolves when no host key is being decided: the host may lose patience while a person still compares. */
    decided: () => deciding,
  };
}

function keyName({ address, port, hostKeyAlias }: SshTarget): string {
  return hostKeyAlias === undefined ? knownHostName(address, port) : hostKeyAlias.toLowerCase();
}

/** An answer is one line, whatever was pasted. */
function oneLine(value: Buffer): Buffer {
  const cut = value.findIndex((byte) => byte === 0 || byte === 10 || byte === 13);
  return Buffer.from(cut < 0 ? value : value.subarray(0, cut));
}
