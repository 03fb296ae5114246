import { expect, test } from "vitest";
import type { Detectors } from "../../../../electron/contract/detect.ts";
import { logHead } from "../../../../electron/contract/logs.ts";
import { createGuard, createLogRoom, createScreener } from "../../../../electron/core/logs/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";
import { savedFile } from "../../../helpers/savedFile.ts";
import { until } from "../../../helpers/until.ts";
import { containersOf, fakeLogEngine } from "./fakeLogEngine.ts";

const token = ["gh", "p_", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"].join("");

test("a log shows, finds and saves what its detectors left, and switches reach a log that is open", async () => {
  let on: Detectors = { providers: true, assignments: false, pii: false };
  const clock = fakeClock();
  const screener = createScreener({ settings: () => on, clock });
  const masker = createGuard(screener);
  masker.register("HF_TOKEN", Buffer.from("registered-value-1"));
  const fake = fakeLogEngine();
  const random = { bytes: (n: number) => Buffer.alloc(n), id: () => "view" };
  const sources = containersOf(async () => fake.engine);
  const room = createLogRoom({ sources, masker, screener, clock, random });
  try {
    const text = `HF_TOKEN=registered-value-1 ${token} ada@example.org`;
    fake.write({ stream: "stdout", ns: 1n, text });
    const { bufferId } = await room.open({
      sources: [{ kind: "container", hostId: "h", containerId: "c".repeat(12) }],
    });
    await until(() => room.head(bufferId).next === 1);
    on = { ...on, pii: true };
    fake.write({ stream: "stderr", ns: 2n, text });
    await until(() => room.head(bufferId).next === 2);

    const head = logHead.parse(room.head(bufferId));
    const found = await room.window(bufferId, { filter: { text: token }, from: 0, count: 10 });
    expect({
      texts: (await room.window(bufferId, { from: 0, count: 10 })).lines.map((line) => line.text),
      masked: head.masked,
      detected: head.detected,
      unchecked: head.unchecked,
      found: found.lines,
      saved: (await savedFile(room.save(bufferId, { format: "text" }))).text.includes(token),
    }).toEqual({
      texts: [
        "HF_TOKEN=******** [detected:github] ada@example.org",
        "HF_TOKEN=******** [detected:github] [detected:email]",
      ],
      masked: [{ name: "HF_TOKEN", count: 2 }],
      detected: [
        { kind: "github", count: 2 },
        { kind: "email", count: 1 },
      ],
      unchecked: 0,
      found: [],
      saved: false,
    });
  } finally {
    await room.dispose();
  }
});
