/**
 * A core of canned data behind the real contract, for looking at screens without hosts: every list, detail and stream
 * answers; changes change the canned data where a screen shows it.
 */
import { createRouterClient, implement, ORPCError } from "@orpc/server";
import {
  contract,
  type HostDetail,
  type LaunchView,
  type Prompt,
  type Settings,
} from "../../electron/contract/index.ts";
import type { CoreLink } from "../../renderer/client/hooks.ts";
import * as data from "./fakeData/index.ts";
import { fakeKernels, fakeNotebooks } from "./fakeNotebooks.ts";
import { fakeTunnelFeed, fakeTunnels } from "./fakeTunnels.ts";

const os = implement(contract);

export type FakeOptions = {
  empty?: boolean;
  settings?: Partial<Settings>;
  prompt?: Prompt;
  keychain?: "keychain" | "unset" | "locked";
};

async function* once<T>(items: readonly T[], everyMs = 0, signal?: AbortSignal): AsyncGenerator<T> {
  for (const item of items) {
    yield item;
    if (everyMs > 0) await sleep(everyMs, signal);
  }
  await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function fail(code: string, details: Record<string, string | number | boolean> = {}): never {
  throw new ORPCError(code, { data: { retryable: false, details }, defined: true });
}

export function createFakeLink(options: FakeOptions = {}): CoreLink {
  const open = { kind: "open" as const, since: Date.now() };
  return {
    client: createRouterClient(createFakeRouter(options)),
    state: () => open,
    subscribe: () => () => {},
    retry: () => {},
  };
}

export function createFakeRouter(options: FakeOptions) {
  let settings: Settings = {
    language: "system",
    theme: "system",
    environment: "development",
    practice: false,
    detectors: { providers: true, assignments: true, pii: false },
    maskWeak: false,
    alertCalls: true,
    ...options.settings,
  };
  const hosts: HostDetail[] = options.empty ? [] : data.hosts();
  const rows = options.empty ? [] : data.containers();
  const secrets = options.empty ? [] : data.secrets();
  const launches: LaunchView[] = options.empty
    ? []
    : [data.launch("done"), data.launch("failed"), data.launch("running")];
  const detailOf = (id: string) => rows.find((row) => row.id === id) ?? fail("CONTAINER_NOT_FOUND");

  return {
    app: {
      info: os.app.info.handler(() => data.info),
      changes: os.app.changes.handler(({ signal }) => once([], 0, signal)),
    },
    settings: {
      get: os.settings.get.handler(() => settings),
      set: os.settings.set.handler(({ input }) => {
        settings = {
          ...settings,
          ...Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)),
        };
        return settings;
      }),
    },
    prompts: {
      watch: os.prompts.watch.handler(({ signal }) => once([options.prompt ? [options.prompt] : []], 0, signal)),
      answer: os.prompts.answer.handler(() => ({})),
    },
    hosts: {
      list: os.hosts.list.handler(() => hosts),
      get: os.hosts.get.handler(
        ({ input }) => hosts.find((host) => host.id === input.hostId) ?? fail("HOST_UNKNOWN", { host: input.hostId }),
      ),
      add: os.hosts.add.handler(() => fail("AUTH_FAILED", { user: "root", reason: "publickey" })),
      update: os.hosts.update.handler(() => ({})),
      remove: os.hosts.remove.handler(() => ({})),
      connect: os.hosts.connect.handler(() =>
        fail("HOST_UNREACHABLE", { address: "10.0.3.7", port: 22, reason: "EHOSTUNREACH" }),
      ),
      disconnect: os.hosts.disconnect.handler(() => ({})),
      acceptKey: os.hosts.acceptKey.handler(() => ({})),
      metrics: os.hosts.metrics.handler(({ input, signal }) =>
        once(data.metrics(hosts.find((host) => host.id === input.hostId)?.gpus ?? []), 40, signal),
      ),
      configured: os.hosts.configured.handler(() => data.configuredHosts),
      route: os.hosts.route.handler(({ input }) => data.routeTo(input.hostId)),
      diagnose: os.hosts.diagnose.handler(async function* () {
        yield* data.diagnosis();
      }),
      installKey: os.hosts.installKey.handler(() => fail("COMMAND_FAILED", { command: "authorized_keys" })),
      identities: os.hosts.identities.handler(() => data.identities),
    },
    containers: {
      list: os.containers.list.handler(() => ({
        rows,
        problems: options.empty
          ? []
          : [
              {
                hostId: "vega",
                hostName: "vega",
                problem: { code: "HOST_UNREACHABLE", details: { address: "10.0.3.7", reason: "EHOSTUNREACH" } },
              },
            ],
      })),
      get: os.containers.get.handler(({ input }) => detailOf(input.containerId)),
      stats: os.containers.stats.handler(({ signal }) => once(data.stats(), 1000, signal)),
      templates: os.containers.templates.handler(() => data.templates()),
      images: os.containers.images.handler(() => []),
      plan: os.containers.plan.handler(({ input }) => data.plan(input)),
      launch: os.containers.launch.handler(() => ({ launchId: "launch-running" })),
      start: os.containers.start.handler(() => ({})),
      stop: os.containers.stop.handler(() => ({})),
      restart: os.containers.restart.handler(() => ({})),
      remove: os.containers.remove.handler(() => ({})),
      prove: os.containers.prove.handler(() => data.proof()),
    },
    launches: {
      list: os.launches.list.handler(() => launches),
      watch: os.launches.watch.handler(({ input, signal }) => {
        const found = launches.find((launch) => launch.id === input.launchId) ?? fail("NOT_FOUND", { what: "launch" });
        return once([found], 0, signal);
      }),
      cancel: os.launches.cancel.handler(() => ({})),
    },
    alerts: {
      list: os.alerts.list.handler(() => ({ alerts: [], rules: [], dropped: 0, gaps: [], unkept: null })),
      saveRule: os.alerts.saveRule.handler(() => ({ id: "rule" })),
      removeRule: os.alerts.removeRule.handler(() => ({})),
      acknowledge: os.alerts.acknowledge.handler(() => ({ count: 0 })),
    },
    tunnels: {
      list: os.tunnels.list.handler(() => (options.empty ? [] : fakeTunnels())),
      watch: os.tunnels.watch.handler(({ signal }) => fakeTunnelFeed(options.empty ?? false, signal)),
      add: os.tunnels.add.handler(() =>
        fail("LOCAL_PORT_TAKEN", { port: 8888, program: "jupyter-lab", pid: 811, free: 28_888 }),
      ),
      update: os.tunnels.update.handler(() => ({ localPort: 8888 })),
      remove: os.tunnels.remove.handler(() => ({})),
      start: os.tunnels.start.handler(() => ({})),
      stop: os.tunnels.stop.handler(() => ({})),
      restartAll: os.tunnels.restartAll.handler(() => ({ count: 7 })),
      takePort: os.tunnels.takePort.handler(() => ({ port: 26_006 })),
    },
    notebooks: {
      list: os.notebooks.list.handler(() => (options.empty ? [] : fakeNotebooks())),
      refresh: os.notebooks.refresh.handler(() => ({ problems: [] })),
      start: os.notebooks.start.handler(() => fail("JUPYTER_MISSING", { program: "lab" })),
      open: os.notebooks.open.handler(() => ({ shown: "window" as const })),
      kernels: os.notebooks.kernels.handler(() => fakeKernels()),
      stopKernel: os.notebooks.stopKernel.handler(() => ({})),
      stop: os.notebooks.stop.handler(() => ({})),
      close: os.notebooks.close.handler(() => ({})),
      trust: os.notebooks.trust.handler(() => ({})),
    },
    secrets: {
      list: os.secrets.list.handler(() => secrets),
      put: os.secrets.put.handler(() => ({ version: 1 })),
      remove: os.secrets.remove.handler(() => ({})),
      reveal: os.secrets.reveal.handler(() => ({
        value: "not-a-real-secret-value",
        encoding: "text" as const,
        hideAfterMs: 15_000,
      })),
    },
    keychain: {
      state: os.keychain.state.handler(() => data.keychain(options.keychain ?? "keychain")),
      useKeychain: os.keychain.useKeychain.handler(() => data.keychain("keychain")),
      useSession: os.keychain.useSession.handler(() => data.keychain("keychain")),
      useVault: os.keychain.useVault.handler(() => data.keychain("keychain")),
      unlock: os.keychain.unlock.handler(() => fail("VAULT_PASSPHRASE_WRONG")),
      lock: os.keychain.lock.handler(() => data.keychain("locked")),
    },
    logs: data.logHandlers(os, once),
    inference: {
      chat: os.inference.chat.handler(({ input }) => ({
        answer: `echo: ${input.messages.at(-1)?.content ?? ""}`,
        model: "echo",
        latencyMs: 41.8,
        promptTokens: 6,
        completionTokens: 9,
      })),
      infer: os.inference.infer.handler(() => ({
        outputs: {
          probabilities: { type: "float32" as const, dims: [1, 3], data: [0.06654376, 0.01484792, 0.91860832] },
        },
        latencyMs: 12.4,
        serverMs: 0.31,
      })),
    },
    audit: {
      page: os.audit.page.handler(() => data.auditPage()),
      verify: os.audit.verify.handler(() => data.report),
      publicKey: os.audit.publicKey.handler(() => ({ key: options.empty ? null : data.auditKey })),
    },
    practice: {
      state: os.practice.state.handler(() => data.practice(!options.empty)),
      start: os.practice.start.handler(() => data.practice(true)),
      stop: os.practice.stop.handler(() => data.practice(false)),
      fault: os.practice.fault.handler(() => data.practice(true)),
    },
  };
}

export type FakeImplementer = typeof os;
