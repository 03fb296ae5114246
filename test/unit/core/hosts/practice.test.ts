import { expect, test } from "vitest";
import { createPracticeControl } from "../../../../electron/core/hosts/practice.ts";
import type { PracticeFleet } from "../../../../electron/practice/types.ts";

/** A fleet of one host that remembers its faults and is nothing else. */
function fleetOfOne(): PracticeFleet {
  const faults = new Set<string>();
  return {
    hosts: [{ id: "h1", name: "orion", note: "" }],
    faults: () => faults,
    setFault: async (_id: string, fault: string, on: boolean) => void (on ? faults.add(fault) : faults.delete(fault)),
    dispose: async () => {},
  } as unknown as PracticeFleet;
}

test("a host is tried at once when a fault is taken back, and left alone when one is set", async () => {
  const tried: string[] = [];
  const hosts = {
    attachPractice: async () => {},
    detachPractice: async () => {},
    tryAgain: (hostId: string) => void tried.push(hostId),
  };
  const control = createPracticeControl({ hosts, open: async () => fleetOfOne(), onChange: () => {} });
  await control.start();
  await control.fault("h1", "link-drop", true);
  expect({ tried: [...tried], faults: control.state().hosts[0]?.faults }).toEqual({ tried: [], faults: ["link-drop"] });
  await control.fault("h1", "link-drop", false);
  expect({ tried, faults: control.state().hosts[0]?.faults }).toEqual({ tried: ["h1"], faults: [] });
  await expect(control.fault("h2", "link-drop", false)).rejects.toMatchObject({ code: "HOST_UNKNOWN" });
  await control.dispose();
});
