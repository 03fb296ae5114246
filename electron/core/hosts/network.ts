import type { Clock, Disposable } from "../ports.ts";

/** Addresses of this machine by interface, as `os.networkInterfaces()` has them. */
export type Interfaces = () => NodeJS.Dict<readonly { address: string; internal: boolean }[]>;

const lookMs = 5_000;

/** Tells when this machine's addresses have changed: a cable, a wireless network, a VPN. There is no event for it in Node. */
export function watchNetwork(deps: { clock: Clock; interfaces: Interfaces; onChange(): void }): Disposable {
  const { clock } = deps;
  let before = addressesOf(deps.interfaces());
  let cancel = () => {};
  const look = () => {
    const now = addressesOf(deps.interfaces());
    if (now !== before) {
      before = now;
      deps.onChange();
    }
    cancel = clock.after(lookMs, look);
  };
  cancel = clock.after(lookMs, look);
  return { dispose: () => cancel() };
}

function addressesOf(interfaces: ReturnType<Interfaces>): string {
  return Object.entries(interfaces)
    .flatMap(([name, list]) => (list ?? []).filter((one) => !one.internal).map((one) => `${name} ${one.address}`))
    .sort()
    .join("\n");
}
