import { describe, expect, it } from "vitest";
import type { HostSession } from "../../../../electron/core/hosts/index.ts";
import { detailOf } from "../../../../electron/core/hosts/views.ts";
import type { HostKeys } from "../../../../electron/core/ssh/index.ts";

const shown = `SHA256:${"abcdefghij".repeat(4)}xyz`;
const lastBoot = { id: "6f2c3c1e-8f5f-4d0c-9a39-0c7e5b7d21aa", since: 3, readAt: 7 };
const incident = {
  expected: [],
  presented: { type: "ssh-ed25519", fingerprint: shown },
  ...{ firstSeen: 1, lastSeen: 2, lastBoot, detectedAt: 9 },
};
const occupancy = { counts: () => ({ running: 0, total: 0 }), holders: () => [] };

function incidentOf(environment: string, phase: "online" | "offline", bootId: string | null, known = true) {
  const host = { kind: "local", name: "gpu-1", environment };
  const facts = { bootId };
  const link = { phase, since: 0 };
  const session = { record: { id: "h", host }, view: () => ({ link, facts, gpus: [] }) } as unknown as HostSession;
  const seen = { key: null, incident: known ? incident : { ...incident, lastBoot: null } };
  const hostKeys = { view: () => seen } as unknown as HostKeys;
  return detailOf(session, occupancy, hostKeys, [], (fingerprint) => (fingerprint === shown ? ["vega"] : [])).incident;
}

describe("an incident as the page gets it", () => {
  it("is whole outside production", () => {
    expect(incidentOf("staging", "offline", null)).toEqual({ ...incident, rebooted: "unknown", alsoShownBy: ["vega"] });
  });

  it("keeps the middle of the new fingerprint back in production, so that it can only be typed from elsewhere", () => {
    const { fingerprint = "" } = incidentOf("production", "offline", null)?.presented ?? {};
    expect(fingerprint).toBe("SHA256:abcdefgh…fghijxyz");
    expect(incidentOf("production", "offline", null)?.alsoShownBy).toEqual(["vega"]);
  });

  it.each<[string, "online" | "offline", string | null, boolean, string]>([
    ["nothing is connected", "offline", lastBoot.id, true, "unknown"],
    ["an old connection tells of the same start", "online", lastBoot.id, true, "no"],
    ["a connection tells of another start", "online", "00000000-0000-4000-8000-000000000000", true, "yes"],
    ["the host tells no boot id", "online", null, true, "unknown"],
    ["nothing was known before", "online", lastBoot.id, false, "unknown"],
  ])("%s", (_name, phase, bootId, known, rebooted) => {
    expect(incidentOf("development", phase, bootId, known)?.rebooted).toBe(rebooted);
  });
});
