import { isFailure } from "../failure.ts";
import { type Carrier, libraryCarrier } from "./carrier.ts";
import { openRoute, type RouteDeps } from "./connection/route.ts";
import { openSystem } from "./system/connect.ts";

/**
 * Opens the way to a host. The library cannot check certificates of hosts: where one is offered that an authority of
 * known_hosts may vouch for (`@cert-authority`), OpenSSH's client takes over, as long as there is one.
 */
export async function openCarrier(deps: RouteDeps): Promise<Carrier> {
  const { target, clock } = deps;
  const byLibrary = async (leaveCertified: boolean) =>
    libraryCarrier(await openRoute({ ...deps, leaveCertified }), clock);
  const { system, ifCertified } = target;
  if (system !== undefined) return await openSystem(deps);
  if (ifCertified === undefined) return await byLibrary(false);
  try {
    return await byLibrary(true);
  } catch (error) {
    if (!isFailure(error, "HOST_KEY_REJECTED") || error.details.reason !== "host-certificate") throw error;
  }
  try {
    const carrier = await openSystem({ ...deps, target: { ...target, system: ifCertified.system } });
    ifCertified.taken();
    return carrier;
  } catch (error) {
    if (!isFailure(error, "OPENSSH_MISSING")) throw error;
    return await byLibrary(false);
  }
}
