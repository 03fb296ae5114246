import { Failure, isFailure } from "../../failure.ts";
import type { Carrier } from "../carrier.ts";
import { createPatience } from "../connection/patience.ts";
import type { RouteDeps } from "../connection/route.ts";
import type { SshTarget } from "../target.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { openHelper } from "./helper.ts";
import { createInterview } from "./interview.ts";
import { chosenKey } from "./keys.ts";
import { openMaster } from "./master.ts";
import { createProgress } from "./progress.ts";

/**
 * Connects with OpenSSH's client. What it asks (keys of hosts, passphrases, passwords, codes) is asked as the library's
 * own connections ask it: the same pins, the same questions, the same incidents, for each host of the way.
 */
export async function openSystem(deps: RouteDeps): Promise<Carrier> {
  const { target, gate, signal, clock, env, timings } = deps;
  const { system } = target;
  if (system === undefined) throw new Failure("OPENSSH_MISSING", { what: "ssh" });
  const expired = await outOfDate(system.certificates, deps);
  for (const _host of [...(target.jumps ?? []), target]) await gate?.pass({ signal });

  let refused: Failure | null = null;
  const stop = new AbortController();
  const giveUp = (failure: Failure) => {
    refused ??= failure;
    stop.abort();
  };
  const ms = timings.dialMs + timings.handshakeMs;
  const patience = createPatience(clock, ms, () => giveUp(tooSlow(target)));
  const progress = createProgress(deps);
  const interview = createInterview({ ...deps, asking: patience.during, giveUp, progress });
  const helper = await openHelper(interview.answer);
  try {
    const keyFile = await chosenKey(target.auth, deps, helper.folder);
    const master = await openMaster({
      ...{ target, way: system.way, helper, keyFile, env, clock, onSaid: progress.said },
      ...{ channelMs: timings.channelMs, signal: AbortSignal.any([signal, stop.signal]) },
    });
    progress.at(null);
    return master;
  } catch (error) {
    await helper.close();
    await interview.decided();
    throw withDate(refused ?? error, expired);
  } finally {
    patience.stop();
  }
}

function tooSlow({ address, port }: SshTarget): Failure {
  const reason = "the handshake did not end in time";
  return new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true });
}

/** A host never says that a certificate has run out: it is only refused. */
function withDate(error: unknown, expired: string | null): unknown {
  if (expired === null || !isFailure(error, "AUTH_FAILED")) return error;
  return new Failure("AUTH_FAILED", { ...error.details, reason: expired }, { cause: error });
}

async function outOfDate(paths: readonly string[], { clock, env, signal }: RouteDeps): Promise<string | null> {
  const found = await Promise.all(paths.map((path) => readCertificate(path, env, { signal })));
  const certificates = found.filter((one): one is Certificate => one !== null);
  const now = clock.now();
  const [first] = certificates;
  if (first === undefined || certificates.some(({ validUntil }) => validUntil === null || validUntil > now))
    return null;
  return `certificate-ended: ${first.path} ${new Date(first.validUntil ?? 0).toISOString().slice(0, 16)}Z`;
}
