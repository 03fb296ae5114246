import { afterEach, describe, expect, test } from "vitest";
import { openCore, type TestCore } from "../../helpers/core.ts";
import { doorKinds, openDoor } from "../../helpers/doors.ts";
import { recording } from "../../helpers/recording.ts";
import { tracesIn, tracesInFolder, tracesInProcesses } from "../../helpers/traces.ts";
import { until } from "../../helpers/until.ts";
import { doMainJob, online } from "./mainJob.ts";

let running: TestCore | null = null;
afterEach(async () => {
  await running?.close();
  running = null;
});

describe.each(doorKinds)("the main job on the practice fleet, %s", (kind) => {
  test("works from the host to the proof, and no byte that left the core holds the secret", async () => {
    running = await openCore({ practice: true });
    const door = await openDoor(kind, running.core);
    const { client, said } = recording(door.client);
    const orion = (await client.hosts.list()).find((host) => host.name === "orion");
    expect(orion).toMatchObject({ simulated: true, kind: "ssh" });
    const hostId = orion?.id ?? "";
    await online(client, hostId);
    const gpu = await until(async () => (await client.hosts.get({ hostId })).gpus[0]?.uuid, { timeoutMs: 10_000 });

    const { values } = await doMainJob({ client, hostId, gpu, image: "gatehouse/inference-server:1" });

    const data = running.test.ports.paths.data;
    for (const value of values) {
      expect({
        traffic: tracesIn(said(), value),
        files: tracesInFolder(data, value),
        processes: tracesInProcesses(value),
      }).toEqual({ traffic: [], files: [], processes: [] });
    }
    expect(running.bugs).toEqual([]);
    await door.close();
  });
});
