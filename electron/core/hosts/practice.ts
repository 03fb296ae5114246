import type { PracticeFaultName, PracticeState } from "../../contract/practice.ts";
import type { PracticeFleet } from "../../practice/types.ts";
import { Failure } from "../failure.ts";
import type { Disposable } from "../ports.ts";
import { createSerial } from "../serial.ts";

/** The practice fleet as the screens switch it on and off, and break it. */
export interface PracticeControl extends Disposable {
  state(): PracticeState;
  start(): Promise<void>;
  stop(): Promise<void>;
  fault(hostId: string, fault: PracticeFaultName, on: boolean): Promise<void>;
}

export function createPracticeControl(deps: {
  hosts: {
    attachPractice(hosts: PracticeFleet["hosts"]): Promise<void>;
    detachPractice(): Promise<void>;
    tryAgain(hostId: string): void;
  };
  open(): Promise<PracticeFleet>;
  onChange(): void;
}): PracticeControl {
  let fleet: PracticeFleet | null = null;
  const serial = createSerial();

  async function stop(): Promise<void> {
    const running = fleet;
    fleet = null;
    await deps.hosts.detachPractice();
    await running?.dispose();
    deps.onChange();
  }

  return {
    state: () => ({
      running: fleet !== null,
      hosts: (fleet?.hosts ?? []).map((host) => ({
        hostId: host.id,
        name: host.name,
        note: host.note,
        faults: [...(fleet?.faults(host.id) ?? [])],
      })),
    }),
    start: () =>
      serial(async () => {
        if (fleet !== null) return;
        fleet = await deps.open();
        await deps.hosts.attachPractice(fleet.hosts);
        deps.onChange();
      }),
    stop: () => serial(stop),
    async fault(hostId, fault, on) {
      if (fleet === null || !fleet.hosts.some((host) => host.id === hostId))
        throw new Failure("HOST_UNKNOWN", { host: hostId });
      await fleet.setFault(hostId, fault, on);
      if (!on) deps.hosts.tryAgain(hostId);
      deps.onChange();
    },
    dispose: () => serial(stop),
  };
}
