import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { change, environmentName, hostId, read, time } from "./base.ts";
import { detectors } from "./detect.ts";

export const appInfo = z.object({
  version: z.string(),
  door: z.enum(["desktop", "browser", "test"]),
  platform: z.string(),
  runtime: z.string(),
  dataFolder: z.string(),
  /** ssh2's native ciphers, or JavaScript at half the speed. */
  sshCiphers: z.enum(["native", "javascript"]),
  /** Files that could not be read at start and were set aside. */
  setAside: z.array(z.object({ file: z.string(), reason: z.string() })),
});
export type AppInfo = z.infer<typeof appInfo>;

/** Says which queries to fetch again; carries no state itself. */
export const appChange = z.object({
  topic: z.enum([
    "hosts",
    "containers",
    "images",
    "secrets",
    "keychain",
    "launches",
    "tunnels",
    "notebooks",
    "alerts",
    "audit",
    "settings",
    "practice",
  ]),
  hostId: z.string().optional(),
});
export type AppChange = z.infer<typeof appChange>;

export const settings = z.object({
  language: z.enum(["system", "en", "ru"]),
  theme: z.enum(["system", "dark", "light"]),
  /** Environment that new hosts and secrets get. */
  environment: environmentName,
  /** A person wanted the practice fleet to come up with the program. */
  practice: z.boolean(),
  /** Which detectors look through logs for what nobody registered. */
  detectors,
  /** Mask registered values too that are short or common, and whatever looks like them. */
  maskWeak: z.boolean(),
  /** Alerts call a person who does not look at the console; in a browser it has to be allowed besides. */
  alertCalls: z.boolean(),
});
export type Settings = z.infer<typeof settings>;

const promptBase = { id: z.string(), hostId: hostId.nullable(), hostName: z.string(), askedAt: time, expiresAt: time };

/** A question that a service waits on. It is answered by id; dismissing it is an answer too. */
export const prompt = z.discriminatedUnion("kind", [
  z.object({
    ...promptBase,
    kind: z.literal("host-key"),
    address: z.string(),
    keyType: z.string(),
    fingerprint: z.string(),
    art: z.string(),
  }),
  z.object({ ...promptBase, kind: z.literal("passphrase"), path: z.string(), attempt: z.number().int() }),
  z.object({ ...promptBase, kind: z.literal("password"), user: z.string(), attempt: z.number().int() }),
  z.object({
    ...promptBase,
    kind: z.literal("questions"),
    title: z.string(),
    instructions: z.string(),
    questions: z.array(z.object({ text: z.string(), echo: z.boolean() })),
  }),
  /** A security key blinks and waits; the question goes away when it was touched. `text` is what OpenSSH says of it. */
  z.object({ ...promptBase, kind: z.literal("touch"), text: z.string() }),
]);
export type Prompt = z.infer<typeof prompt>;

export const promptAnswer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("dismiss") }),
  z.object({ kind: z.literal("accept") }),
  z.object({ kind: z.literal("secret"), value: z.string().max(4096) }),
  z.object({ kind: z.literal("texts"), values: z.array(z.string().max(4096)).max(16) }),
]);

export type PromptAnswerInput = z.infer<typeof promptAnswer>;

export const app = {
  info: read.output(appInfo),
  changes: read.output(eventIterator(appChange)),
};

export const settingsContract = {
  get: read.output(settings),
  set: change("settings.change", "low").input(settings.partial().strict()).output(settings),
};

export const prompts = {
  /** The open questions, whole, at first and after each change. */
  watch: read.output(eventIterator(z.array(prompt))),
  answer: change("prompt.answer", "low")
    .input(z.strictObject({ id: z.string(), answer: promptAnswer }))
    .output(z.object({})),
};
