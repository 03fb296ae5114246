/** A console on the practice fleet that is given nothing good, and what has to hold once all of that is over. */
import { writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HostInput } from "../../../electron/contract/index.ts";
import { en } from "../../../renderer/app/i18n/en.ts";
import { ru } from "../../../renderer/app/i18n/ru.ts";
import { refusalOf } from "../../helpers/behaviour.ts";
import { openCore, type TestCore } from "../../helpers/core.ts";
import { type Client, type OpenDoor, openDoor } from "../../helpers/doors.ts";
import { tempFolder } from "../../helpers/ports.ts";
import { recording } from "../../helpers/recording.ts";
import { canary, online } from "./mainJob.ts";

export interface BadWorld {
  /** From the first hook on. */
  client: Client;
  running: TestCore;
  /** Everything that the core said through the client. */
  said(): string;
  /** Every code that was met: each needs words. */
  met: Set<string>;
  /** Of the files that `file` names. */
  folder: string;
  file(name: string): string;
  keyFile(name: string, passphrase?: string): string;
  /** The refusal of a call that must be refused, with no stack in it. */
  refused(call: Promise<unknown>): Promise<{ code: string; details: Record<string, unknown> }>;
  /** The port, unless it listens at `path`. */
  listening(server: Server, path?: string): Promise<number>;
  /** A host as orion is, under another name. */
  practiceDoor(): Promise<Extract<HostInput, { kind: "ssh" }>>;
  /** Adds a host, takes it out again when `look` is done. */
  withHost<T>(input: HostInput, look: (hostId: string) => Promise<T>): Promise<T>;
}

/** To be called at the top of a file, whose last line calls `afterAllOfThat`. */
export function badWorld(): BadWorld & { before(): Belongings } {
  const folder = tempFolder("gatehouse-bad-input-");
  const closers: (() => unknown)[] = [];
  const made: { door?: OpenDoor; running?: TestCore; before?: Belongings; client?: Client; said?: () => string } = {};
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("the console is not open yet");
    return value;
  };
  const world: BadWorld = {
    get client() {
      return there(made.client);
    },
    get running() {
      return there(made.running);
    },
    said: () => there(made.said)(),
    met: new Set(),
    folder: folder.path,
    file: (name) => join(folder.path, name),
    keyFile(name, passphrase) {
      const pair =
        passphrase === undefined
          ? ssh2.utils.generateKeyPairSync("ed25519")
          : ssh2.utils.generateKeyPairSync("ed25519", { passphrase, cipher: "aes256-ctr", rounds: 4 });
      writeFileSync(world.file(name), pair.private, { mode: 0o600 });
      writeFileSync(world.file(`${name}.pub`), pair.public, { mode: 0o600 });
      return world.file(name);
    },
    async refused(call) {
      const refusal = await refusalOf(call);
      world.met.add(refusal.code);
      expect(JSON.stringify(refusal)).not.toMatch(/\n\s+at |\.ts:\d|node_modules|node:internal/);
      return refusal;
    },
    async listening(server, path) {
      closers.push(() => server.close());
      await new Promise<void>((resolve) =>
        path === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(path, resolve),
      );
      const address = server.address();
      return address !== null && typeof address === "object" ? address.port : 0;
    },
    async practiceDoor() {
      const { address, port, user, auth } = await world.client.hosts.get({ hostId: "orion" });
      if (auth === null) throw new Error("orion is reached over SSH");
      return { kind: "ssh", name: "throwaway", address, port, user, environment: "development", auth };
    },
    async withHost(input, look) {
      const { hostId } = await world.client.hosts.add(input);
      try {
        return await look(hostId);
      } finally {
        await world.client.hosts.remove({ hostId });
      }
    },
  };

  beforeAll(async () => {
    made.running = await openCore({ practice: true });
    made.door = await openDoor("message-port", made.running.core);
    Object.assign(made, recording(made.door.client));
    await online(world.client, "orion");
    const secret = { environment: "development", name: "HF_TOKEN", value: canary(), encoding: "text" } as const;
    await world.client.secrets.put(secret);
    made.before = await belongings(world.client);
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await made.door?.close();
    await made.running?.close();
    folder.cleanup();
  });
  return Object.assign(world, { before: () => there(made.before) });
}

type Belongings = Awaited<ReturnType<typeof belongings>>;

/** What the person had and would miss. */
async function belongings(client: Client) {
  const [hosts, secrets, settings, keychain] = await Promise.all([
    client.hosts.list(),
    client.secrets.list({}),
    client.settings.get(),
    client.keychain.state(),
  ]);
  const { rows } = await client.containers.list({ hostId: "orion" });
  return {
    hosts: hosts.map(({ id, name }) => `${id} ${name}`),
    secrets: secrets.map(({ environment, name, version }) => `${environment}/${name}@${version}`),
    containers: rows.map(({ id, name, state }) => `${id} ${name} ${state}`),
    settings,
    keychain,
  };
}

/** `codes`: so many different refusals were met at least. */
export function afterAllOfThat(world: ReturnType<typeof badWorld>, codes: number): void {
  describe("after all of that", () => {
    test("nothing is lost, nothing was a bug, and the audit is whole", async () => {
      expect(await belongings(world.client)).toEqual(world.before());
      expect(world.running.bugs).toEqual([]);
      expect(await world.client.audit.verify()).toMatchObject({ verdict: "whole", damage: [] });
    });

    test("every code that was met has words in both languages", () => {
      const { met } = world;
      expect(met.size).toBeGreaterThanOrEqual(codes);
      const catalogues = { en, ru } as Record<string, Record<string, string>>;
      const wordless = [...met].flatMap((code) =>
        [`error.${code}`, `error.${code}.hint`].flatMap((id) =>
          Object.entries(catalogues).flatMap(([language, words]) => {
            const text = words[id] ?? "";
            return text !== "" && (language !== "ru" || /[а-я]/i.test(text)) ? [] : [`${language} ${id}`];
          }),
        ),
      );
      expect(wordless).toEqual([]);
      expect([...met].filter((code) => code === "INTERNAL" || code === "")).toEqual([]);
    });
  });
}
