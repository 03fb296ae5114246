/**
 * Canaries in the logs of real containers behind a real sshd that is cut again and again: nothing of them may come to
 * the renderer, the disk or a saved log, and no line may be lost or come twice. Twenty seconds, or `GATEHOUSE_SOAK_SECONDS`.
 */
import { type ChildProcess, fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import { type BrowserDoor, openBrowserDoor } from "../../electron/shells/browser/index.ts";
import { bundleScript } from "../../scripts/lib/bundleScript.mjs";
import { answering } from "../helpers/behaviour.ts";
import { type Canary, canaryForms, canaryLines, createScan, makeCanaries } from "../helpers/canaries.ts";
import { openCore, type TestCore } from "../helpers/core.ts";
import { type Client, openDoor, redeem } from "../helpers/doors.ts";
import {
  busyboxImage,
  busyboxTag,
  engineCall,
  type LabDockerd,
  type LabSshd,
  mustSkip,
  startDockerd,
  startSshd,
} from "../helpers/lab/index.ts";
import { stopChild } from "../helpers/lab/process.ts";
import { tempFolder } from "../helpers/ports.ts";
import type { SoakOrder, SoakSeen } from "../helpers/soakView.ts";
import { tracesInFolder } from "../helpers/traces.ts";
import { until } from "../helpers/until.ts";

const seconds = Number(process.env.GATEHOUSE_SOAK_SECONDS ?? 20);
/** The reader may lag behind on a slow machine, and has to come to the end. */
const catchUpMs = 90_000 + seconds * 2_000;
const limitMs = seconds * 1000 + catchUpMs + 90_000;
const suite = "canaries in the logs of containers over SSH";
const containers = 2;
const cutEveryMs = 5_000;
/** The whole corpus at full speed, then so long for the reader to catch up: the engine writes faster than it reads. */
const pauseUs = 250_000;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const kib = (bytes: number) => Math.round(bytes / 1024);

describe.skipIf(mustSkip(suite, "sshd", "dockerd", "busybox"))(suite, () => {
  const canaries: Canary[] = makeCanaries();
  const forms = new Map(canaries.flatMap((canary) => [...canaryForms(canary)]));
  const corpus = canaryLines(canaries);
  const folder = tempFolder("gatehouse-soak-");
  let dockerd: LabDockerd;
  let sshd: LabSshd;
  let running: TestCore;
  let door: BrowserDoor;
  let client: Client;
  let hostId = "";
  let view: ChildProcess | null = null;

  beforeAll(async () => {
    [dockerd, sshd, running] = await Promise.all([startDockerd(), startSshd(), openCore()]);
    await busyboxImage(dockerd.socket);
    writeFileSync(join(folder.path, "corpus"), `${corpus.join("\n")}\n`);
    const { core } = running;
    client = (await openDoor("in-process", core)).client;
    door = await openBrowserDoor({ core, assets: new Map(), clock: systemClock(), random: systemRandom() });
    await client.keychain.useSession().catch(() => undefined);
    // The exact values alone: a detector would hide what they miss.
    const { detectors } = await client.settings.get();
    const off = Object.fromEntries(Object.keys(detectors).map((layer) => [layer, false])) as typeof detectors;
    await client.settings.set({ detectors: off });
    for (const { name, value } of canaries) {
      await client.secrets.put({ environment: "development", name, value, encoding: "text" });
    }
    const person = answering(client, ({ kind }) => (kind === "host-key" ? { kind: "accept" } : null));
    const auth = { kind: "key", path: sshd.userKey.file } as const;
    const at = { address: sshd.address, port: sshd.port, user: sshd.user, socketPath: dockerd.socket };
    ({ hostId } = await client.hosts.add({ kind: "ssh", name: "lab", environment: "development", auth, ...at }));
    await until(async () => (await client.hosts.get({ hostId })).engine !== null, { timeoutMs: 20_000 });
    await person.stop();
  }, 180_000);

  afterAll(async () => {
    if (view !== null) await stopChild(view);
    await door?.dispose();
    await running?.close();
    await Promise.all([sshd?.stop(), dockerd?.stop()]);
    folder.cleanup();
  }, 60_000);

  async function startPrinting(): Promise<string> {
    const number = `awk -v n=$((pass * ${corpus.length})) '{ print "#" (n++) " " $0 }' /soak/corpus`;
    const script = `
      pass=0; end=$(($(date +%s) + ${seconds}))
      while [ $(date +%s) -lt $end ]; do
        ${number} & ${number} >&2 & wait
        pass=$((pass + 1)); usleep ${pauseUs}
      done
      echo "#$((pass * ${corpus.length})) END"; echo "#$((pass * ${corpus.length})) END" >&2`;
    const made = await engineCall(dockerd.socket, "POST", "/containers/create", {
      Image: busyboxTag,
      Cmd: ["sh", "-c", script],
      HostConfig: { NetworkMode: "none", Binds: [`${folder.path}:/soak:ro`] },
    });
    const { Id } = JSON.parse(made.body) as { Id: string };
    expect((await engineCall(dockerd.socket, "POST", `/containers/${Id}/start`)).status).toBe(204);
    return Id;
  }

  test("a scan finds every form in what is printed", () => {
    const printed = Buffer.from(corpus.map((line) => line.replaceAll(/\u001b\[[\d;]*m/g, "")).join("\n"));
    const whole = new Set(createScan(forms).look(printed));
    const unseen = [...forms].filter(([name, form]) => !whole.has(name) && !form.includes("\n")).map(([name]) => name);
    expect(unseen).toEqual([]);
  });

  test(
    `nothing comes out in ${seconds} s of printing, and no line is lost or comes twice`,
    async () => {
      const ids = await Promise.all(Array.from({ length: containers }, startPrinting));
      const began = performance.now();
      const order: SoakOrder = {
        port: door.port,
        token: await redeem(door.newAddress()),
        sources: ids.map((containerId) => ({ hostId, containerId })),
        forms: [...forms],
      };
      const answers = startView(await bundleScript(join(import.meta.dirname, "..", "helpers", "soakView.ts")), order);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const heap: number[] = [];
      let cuts = 0;
      while (performance.now() - began < seconds * 1000) {
        await sleep(cutEveryMs);
        sshd.cutConnections();
        cuts++;
        heap.push(collectedHeap());
      }
      const seen = await until(
        () => {
          if (answers.failed !== null) return answers.failed;
          return answers.seen?.sources.every(({ ended }) => ended.length === 2) && answers.seen;
        },
        { timeoutMs: catchUpMs, what: "the last lines of all containers" },
      ).catch((error: unknown) => {
        throw new Error(JSON.stringify(answers, null, 1), { cause: error });
      });
      if (typeof seen === "string") throw new Error(seen);
      const took = (performance.now() - began) / 1000;
      delay.disable();
      heap.push(collectedHeap());
      view?.send("save");
      await until(() => answers.saved, { timeoutMs: 60_000, what: "the saved logs" });
      // What came with them has been looked at when the next report is there.
      answers.seen = null;
      const after = await until(() => answers.seen, { what: "a report after saving" });

      const lines = seen.sources.reduce((sum, source) => sum + source.lines, 0);
      process.stderr.write(
        `soak: ${lines} lines, ${kib(seen.bytes)} KiB to the view in ${took.toFixed(1)} s, ${cuts} cuts; ` +
          `skipped ${seen.sources.map(({ skipped }) => skipped)}; heap MiB ${heap.map((b) => Math.round(b / 2 ** 20))} ` +
          `(x${growth(heap).toFixed(2)}); loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, ` +
          `max ${(delay.max / 1e6).toFixed(1)} ms; saved ${answers.saved} characters\n`,
      );
      expect(after.traces).toEqual([]);
      const onDisk = canaries.flatMap(({ value }) => tracesInFolder(running.test.ports.paths.data, value));
      expect(onDisk).toEqual([]);
      expect(running.bugs).toEqual([]);
      expect(seen.sources.flatMap(({ wrong, notes }) => (wrong.length > 0 ? [...wrong, ...notes] : []))).toEqual([]);
      expect(seen.sources.flatMap(({ notes }) => notes.filter((note) => note.includes("are lost")))).toEqual([]);
      for (const { notes, masked, lines: read } of seen.sources) {
        expect(notes.filter((note) => note.includes("connection lost")).length).toBeGreaterThan(0);
        expect(masked / read).toBeGreaterThan(0.9);
      }
      // Two rings of 64 MiB of characters, some of two bytes, and what the link holds on its way.
      expect((heap.at(-1) ?? 0) - (heap[0] ?? 0)).toBeLessThan(containers * 2 * 64 * 2 ** 20);
    },
    limitMs,
  );

  interface Answers {
    seen: SoakSeen | null;
    saved: number[] | null;
    failed: string | null;
  }

  function startView(file: string, order: SoakOrder): Answers {
    const answers: Answers = { seen: null, saved: null, failed: null };
    const child = fork(file, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    view = child;
    child.once("exit", (code) => {
      answers.failed ??= `the view ended with ${code}`;
    });
    child.on("message", (said: SoakSeen | { saved: number[] } | { failed: string }) => {
      if ("failed" in said) answers.failed = said.failed;
      else if ("saved" in said) answers.saved = said.saved;
      else answers.seen = said;
    });
    child.send(order);
    return answers;
  }
});

function collectedHeap(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

/** Of the second half of a run to its middle: a leak goes on growing when the rings are full. */
function growth(heap: readonly number[]): number {
  return (heap.at(-1) ?? 0) / (heap[Math.floor(heap.length / 2)] ?? 1);
}
