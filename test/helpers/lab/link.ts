import { systemClock, systemRandom } from "../../../electron/core/node.ts";
import { Secret } from "../../../electron/core/secrets/secret.ts";
import {
  type Ask,
  createHostKeys,
  createSshLink,
  type HostKeys,
  type HostLink,
  type PinnedKey,
  type PinStore,
  type SshLinkDeps,
  type SshTarget,
} from "../../../electron/core/ssh/index.ts";

/** A secret as a prompt would give it, registered with nobody. */
export function testSecret(value: string): Secret {
  return new Secret({ register: () => {} }, "test", Buffer.from(value));
}

/** A person who refuses everything that is not in `answers`; what was asked is in `asked`. */
export function scriptedAsk(answers: Partial<Ask> = {}): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    ask: {
      async passphrase(question) {
        asked.push(`passphrase ${question.attempt}`);
        return (await answers.passphrase?.(question)) ?? null;
      },
      async password(question) {
        asked.push(`password ${question.attempt}`);
        return (await answers.password?.(question)) ?? null;
      },
      async answers(question) {
        asked.push(`answers ${question.prompts.map((prompt) => prompt.text).join("|")}`);
        return (await answers.answers?.(question)) ?? null;
      },
      async touch(question) {
        asked.push(`touch ${question.text}`);
        if (answers.touch) return await answers.touch(question);
        // Whoever does nothing is rid of the notice when the client is.
        await new Promise<void>((resolve) => question.signal.addEventListener("abort", () => resolve()));
      },
      async hostKey(question) {
        asked.push(`host key ${question.fingerprint}`);
        return (await answers.hostKey?.(question)) ?? false;
      },
    },
  };
}

export function memoryPins(initial: Record<string, PinnedKey[]> = {}): PinStore & { all: Map<string, PinnedKey[]> } {
  const all = new Map(Object.entries(initial));
  return {
    all,
    get: async (hostId) => all.get(hostId),
    set: async (hostId, keys) => void all.set(hostId, keys),
  };
}

export interface TestLink {
  link: HostLink;
  hostKeys: HostKeys;
  pins: ReturnType<typeof memoryPins>;
  asked: string[];
}

export interface TestLinkOptions {
  address?: string;
  port: number;
  user: string;
  auth: SshTarget["auth"];
  answers?: Partial<Ask>;
  knownHostsFiles?: string[];
  env?: Record<string, string | undefined>;
  timings?: SshLinkDeps["timings"];
  pins?: ReturnType<typeof memoryPins>;
  /** A whole target in place of address, port, user and auth. */
  target?: SshLinkDeps["target"];
}

/** A real link of one's own, with real time; unknown host keys are accepted unless the test answers itself. */
export function testLink(options: TestLinkOptions): TestLink {
  const { address = "127.0.0.1", port, user, auth } = options;
  const clock = systemClock();
  const pins = options.pins ?? memoryPins();
  const hostKeys = createHostKeys({ store: pins, clock, knownHostsFiles: options.knownHostsFiles ?? [] });
  const { ask, asked } = scriptedAsk({ hostKey: async () => true, ...options.answers });
  const link = createSshLink({
    hostId: "host-1",
    target: options.target ?? { address, port, user, auth },
    hostKeys,
    ask,
    clock,
    random: systemRandom(),
    env: options.env ?? {},
    home: "/nonexistent",
    timings: options.timings,
  });
  return { link, hostKeys, pins, asked };
}
