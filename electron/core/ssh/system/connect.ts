import { Failure, isFailure } from "../../failure.ts";
import type { Carrier } from "../carrier.ts";
import { openRoute, type RouteDeps } from "../connection/route.ts";
import { keyQuestion } from "../connection/verify.ts";
import { knownHostName } from "../trust/knownHosts.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { openMaster } from "./master.ts";

/**
 * Connects with OpenSSH's client. It checks the host's key against the console's pins and the user's files; when it
 * cannot, the key is looked at with the library, so that an unknown one is asked about and a changed one is an incident.
 */
export async function openSystem(deps: RouteDeps): Promise<Carrier> {
  const { target, gate, signal } = deps;
  const { system } = target;
  if (system === undefined) throw new Failure("OPENSSH_MISSING", { what: "ssh" });
  if (target.auth.kind === "password" || target.auth.kind === "interactive") {
    throw new Failure("OPENSSH_MISSING", { what: "a way to ask for a password; choose a key" });
  }
  const expired = await outOfDate(system.certificates, deps);
  const attempt = async () => {
    await gate?.pass({ signal });
    const { clock, env, timings } = deps;
    const timeoutMs = timings.dialMs + timings.handshakeMs;
    const common = { target, way: system.way, env, clock, signal, expired };
    return await openMaster({ ...common, pins: await pinsOf(deps), timeoutMs, channelMs: timings.channelMs });
  };
  try {
    return await attempt();
  } catch (error) {
    if (!isFailure(error, "HOST_KEY_REJECTED")) throw error;
    await learnKey(deps);
    return await attempt();
  }
}

async function pinsOf({ hostId, hostKeys, target }: RouteDeps): Promise<string[]> {
  const question = keyQuestion(hostId, target);
  const keys = await hostKeys.pinned(question.hostId);
  return keys.map(({ type, key }) => `${knownHostName(question.address, question.port)} ${type} ${key}`);
}

/** Ends before anything is proven: the key of the host is all that is wanted. */
async function learnKey(deps: RouteDeps): Promise<void> {
  try {
    (await openRoute({ ...deps, gate: undefined, keyOnly: true })).end();
  } catch (error) {
    if (!isFailure(error, "CANCELLED") || error.details.keyOnly !== true) throw error;
  }
}

async function outOfDate(paths: readonly string[], { clock, env, signal }: RouteDeps): Promise<string | null> {
  const found = await Promise.all(paths.map((path) => readCertificate(path, env, { signal })));
  const certificates = found.filter((one): one is Certificate => one !== null);
  const now = clock.now();
  const [first] = certificates;
  if (first === undefined || certificates.some(({ validUntil }) => validUntil === null || validUntil > now))
    return null;
  return `the certificate ${first.path} ended ${new Date(first.validUntil ?? 0).toISOString()}`;
}
