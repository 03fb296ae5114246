/** Tunnels in every light, for looking at the screen. */
import type { TunnelInput, TunnelRow, TunnelState } from "../../electron/contract/index.ts";

const now = Date.now();
const ago = (seconds: number) => now - seconds * 1000;

function row(
  id: string,
  tunnel: Partial<TunnelInput> & { name: string },
  state: TunnelState,
  more: Partial<TunnelRow> = {},
): TunnelRow {
  const base = {
    kind: "local",
    hostId: "orion",
    localPort: 21_000 + id.length * 37,
    autoStart: true,
    target: { kind: "tcp", host: "172.18.0.2", port: 8000 },
    probe: { kind: "http", path: "/health" },
    bind: "127.0.0.1",
    exposed: false,
  };
  return {
    id,
    tunnel: { ...base, ...tunnel } as TunnelInput,
    host: { name: "orion", environment: "development", simulated: true },
    state,
    probe: { at: ago(4), latencyMs: 12.4, saw: "through" },
    listening: null,
    traffic: { inBytes: 0, outBytes: 0, inPerSecond: 0, outPerSecond: 0, open: 0, held: 0, total: 0, refused: 0 },
    command: "ssh -N -L 127.0.0.1:21111:172.18.0.2:8000 -p 2222 anna@gpu-1.example.net",
    ...more,
  };
}

const why = (code: string, details: Record<string, string | number> = {}) => ({ code, details });

export function fakeTunnels(second = 0): TunnelRow[] {
  const wave = Math.round(400_000 * (1.2 + Math.sin(second / 3)));
  return [
    row(
      "jupyter",
      { name: "Jupyter on orion", localPort: 8888, target: { kind: "tcp", host: "127.0.0.1", port: 8888 } },
      { light: "healthy", since: ago(5400) },
      {
        traffic: {
          inBytes: 48_211_000 + second * wave,
          outBytes: 2_410_000,
          inPerSecond: wave,
          outPerSecond: Math.round(wave / 9),
          open: 6,
          held: 0,
          total: 214,
          refused: 0,
        },
      },
    ),
    row(
      "chat",
      { name: "chat-echo", localPort: 21_345 },
      { light: "degraded", since: ago(9), why: why("PROBE_SLOW", { ms: 2000, to: "172.18.0.2:8000" }) },
    ),
    row(
      "vllm",
      { name: "vLLM staging" },
      {
        light: "service-down",
        since: ago(42),
        why: why("CHANNEL_FAILED", { to: "172.18.0.2:8000", reason: "Connection refused" }),
      },
    ),
    row(
      "taken",
      { name: "TensorBoard", localPort: 6006 },
      { light: "port-taken", since: ago(120), program: "tensorboard", pid: 4117, freePort: 26_006 },
    ),
    row(
      "vega",
      { name: "metrics", hostId: "vega" },
      { light: "needs-you", since: ago(600), why: why("HOST_KEY_CHANGED") },
      { host: { name: "vega", environment: "production", simulated: false } },
    ),
    row(
      "back",
      { name: "engine socket", target: { kind: "unix", path: "/var/run/docker.sock" }, probe: { kind: "tcp" } },
      {
        light: "connecting",
        since: ago(3),
        why: why("HOST_UNREACHABLE", { address: "10.0.3.7", reason: "keep-alives are not answered" }),
      },
      {
        traffic: {
          inBytes: 1_000,
          outBytes: 900,
          inPerSecond: 0,
          outPerSecond: 0,
          open: 2,
          held: 2,
          total: 9,
          refused: 1,
        },
      },
    ),
    row(
      "shared",
      { name: "shared demo", bind: "192.168.1.20", exposed: true, localPort: 9000 },
      { light: "healthy", since: ago(86_400) },
    ),
    {
      ...row("metrics", { name: "metrics sink" }, { light: "healthy", since: ago(320) }),
      tunnel: {
        kind: "remote",
        name: "metrics sink",
        hostId: "orion",
        autoStart: true,
        listen: { kind: "tcp", bind: "127.0.0.1", port: 9091 },
        target: { kind: "tcp", host: "127.0.0.1", port: 9090 },
        probe: { kind: "http", path: "/-/healthy" },
        exposed: false,
      },
      listening: { port: 9091 },
      command: "ssh -N -R 127.0.0.1:9091:127.0.0.1:9090 -p 2222 anna@gpu-1.example.net",
    },
    {
      ...row(
        "webhook",
        { name: "webhook" },
        { light: "port-taken", since: ago(15), program: "nginx", pid: 812, freePort: 8089 },
      ),
      tunnel: {
        kind: "remote",
        name: "webhook",
        hostId: "vega",
        autoStart: false,
        listen: { kind: "tcp", bind: "0.0.0.0", port: 8088 },
        target: { kind: "unix", path: "/run/user/1000/hook.sock" },
        probe: { kind: "tcp" },
        exposed: true,
      },
      host: { name: "vega", environment: "production", simulated: false },
      command: "ssh -N -R 0.0.0.0:8088:/run/user/1000/hook.sock anna@vega",
    },
    {
      ...row(
        "proxy",
        { name: "licence server" },
        {
          light: "service-down",
          since: ago(80),
          why: why("LOCAL_TARGET_DOWN", { to: "lic.corp:27000", reason: "ECONNREFUSED" }),
        },
      ),
      tunnel: {
        kind: "remote",
        name: "licence server",
        hostId: "orion",
        autoStart: true,
        listen: { kind: "tcp", bind: "127.0.0.1", port: 0 },
        target: { kind: "tcp", host: "lic.corp", port: 27_000 },
        probe: { kind: "tcp" },
        exposed: false,
      },
      listening: { port: 41_207 },
      command: "ssh -N -R 127.0.0.1:0:lic.corp:27000 -p 2222 anna@gpu-1.example.net",
    },
    {
      ...row("socks", { name: "browse from orion" }, { light: "stopped", since: ago(1000) }),
      tunnel: { kind: "dynamic", name: "browse from orion", hostId: "orion", localPort: 1080, autoStart: false },
      probe: null,
      command: "ssh -N -D 127.0.0.1:1080 -p 2222 anna@gpu-1.example.net",
    },
  ];
}

/** A snapshot a second, until `signal` aborts. */
export async function* fakeTunnelFeed(empty: boolean, signal?: AbortSignal) {
  for (let second = 0; !signal?.aborted; second += 1) {
    yield { at: Date.now(), second, rows: empty ? [] : fakeTunnels(second) };
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1000);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
