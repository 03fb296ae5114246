import { join } from "node:path";
import { type Core, type CoreOptions, createCore } from "../../electron/core/createCore.ts";
import { buildInferenceServer } from "../../scripts/lib/inferenceBundle.mjs";
import { type TestPorts, testPorts } from "./ports.ts";

export interface TestCore {
  core: Core;
  test: TestPorts;
  /** What the core logged of bugs: empty is what every test hopes for. */
  bugs: string[];
  close(): Promise<void>;
}

let bundle: Promise<string> | null = null;

/** The reference inference server as one file, built once for each test process. */
export function serverBundle(): Promise<string> {
  const file = join(import.meta.dirname, "..", "..", "node_modules", ".cache", `inference-server-${process.pid}.mjs`);
  bundle ??= Promise.resolve(buildInferenceServer(file)).then(() => file);
  return bundle;
}

/** A whole core over test ports: real clock, a fake keychain in memory, a data folder of its own. */
export async function openCore(
  options: { practice?: boolean; launchTimings?: CoreOptions["launchTimings"] } = {},
): Promise<TestCore> {
  const test = testPorts({ clock: "real" });
  const bugs: string[] = [];
  const core = await createCore(test.ports, {
    version: "0.0.0-test",
    actorDoor: "test",
    practice: options.practice ?? false,
    steadyPractice: true,
    launchTimings: options.launchTimings ?? {},
    serverBundle: await serverBundle(),
    log: (text) => bugs.push(text),
  });
  return {
    core,
    test,
    bugs,
    async close() {
      await core.dispose();
      await test.cleanup();
    },
  };
}
