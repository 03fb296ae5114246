import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { change, errorMap, hostErrors, hostId, problem, read, time } from "./base.ts";
import { hostAddress } from "./hosts.ts";

const port = z.number().int().min(1).max(65_535);
const tunnelId = z.string().min(1).max(64);

/** `sun_path` holds 108 bytes with its end mark (unix(7)). */
const socketPath = z
  .string()
  .min(2)
  .max(107)
  .regex(/^\/[^\0\r\n]*$/);

const address = z.union([z.ipv4(), z.ipv6()]);

/** Where a tunnel ends: as its host sees it, or for a remote one as this machine does. */
export const tunnelTarget = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tcp"), host: hostAddress, port }),
  z.strictObject({ kind: z.literal("unix"), path: socketPath }),
]);
export type TunnelTarget = z.infer<typeof tunnelTarget>;

/** Where a host listens for a remote tunnel. */
export const tunnelListen = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("tcp"),
    /** An address of the host. Other than 127.0.0.1 and ::1, `exposed` has to say that others shall get in. */
    bind: address,
    /** 0: the host chooses, anew when it can't have the last one again. */
    port: z.number().int().min(0).max(65_535),
  }),
  z.strictObject({ kind: z.literal("unix"), path: socketPath }),
]);
export type TunnelListen = z.infer<typeof tunnelListen>;

/**
 * What the light asks through the tunnel. `http`: anything below status 500 is well. `tcp`: something accepts. `none`:
 * the SSH connection answers, and nobody looks at the service.
 */
export const tunnelProbe = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    path: z
      .string()
      .max(1000)
      .regex(/^\/[!-~]*$/),
  }),
  z.strictObject({ kind: z.literal("tcp") }),
  z.strictObject({ kind: z.literal("none") }),
]);
export type TunnelProbe = z.infer<typeof tunnelProbe>;

const common = {
  name: z.string().trim().min(1).max(64),
  hostId,
  autoStart: z.boolean(),
};

/** 0: a free one is picked once and kept. */
const localPort = z.number().int().min(0).max(65_535);

export const tunnelInput = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("local"),
    ...common,
    localPort,
    target: tunnelTarget,
    probe: tunnelProbe,
    /** An address of this machine. Other than 127.0.0.1 and ::1, `exposed` has to say that others shall get in. */
    bind: address,
    exposed: z.boolean(),
  }),
  /** A SOCKS5 server without a password, hence on the loopback interface alone. */
  z.strictObject({ kind: z.literal("dynamic"), ...common, localPort }),
  /** The other way round (`ssh -R`): the host listens, and who comes there is led to `target` from this machine. */
  z.strictObject({
    kind: z.literal("remote"),
    ...common,
    listen: tunnelListen,
    target: tunnelTarget,
    probe: tunnelProbe,
    exposed: z.boolean(),
  }),
]);
export type TunnelInput = z.infer<typeof tunnelInput>;

/** What a probe that went through the tunnel says; never what a socket says of itself. */
export const tunnelState = z.discriminatedUnion("light", [
  z.object({ light: z.literal("stopped"), since: time }),
  /** `why`: what broke the connection that is being made anew. */
  z.object({ light: z.literal("connecting"), since: time, why: problem.nullable() }),
  z.object({ light: z.literal("healthy"), since: time }),
  /** The probe is slow, or was missed. */
  z.object({ light: z.literal("degraded"), since: time, why: problem }),
  /** SSH is well, what is behind it is not. */
  z.object({ light: z.literal("service-down"), since: time, why: problem }),
  /** It does not go on without a person: a question, a changed host key, a refused login. */
  z.object({ light: z.literal("needs-you"), since: time, why: problem }),
  /** Here, or on the host. `program` and `pid` where the system tells; `freePort` is the next one that could be used. */
  z.object({
    light: z.literal("port-taken"),
    since: time,
    program: z.string().nullable(),
    pid: z.number().int().nullable(),
    freePort: z.number().int().nullable(),
  }),
]);
export type TunnelState = z.infer<typeof tunnelState>;
export type TunnelLight = TunnelState["light"];

export const tunnelTraffic = z.object({
  /** Bytes that came from the far side, and bytes that went there, since the program started; probes do not count. */
  inBytes: z.number(),
  outBytes: z.number(),
  /** The same, in the last second of watching. */
  inPerSecond: z.number(),
  outPerSecond: z.number(),
  /** Connections: open now, waiting for the host to come back, all so far, and turned away. */
  open: z.number().int(),
  held: z.number().int(),
  total: z.number().int(),
  refused: z.number().int(),
});
export type TunnelTraffic = z.infer<typeof tunnelTraffic>;

export const tunnelRow = z.object({
  id: tunnelId,
  tunnel: tunnelInput,
  /** `null` when its host is not in the fleet. */
  host: z.object({ name: z.string(), environment: z.string(), simulated: z.boolean() }).nullable(),
  state: tunnelState,
  /**
   * The last probe that was answered, and what it saw: `through` went the whole way, `ends` saw the host and the target
   * but not what is between them, `host` saw the host alone.
   */
  probe: z.object({ at: time, latencyMs: z.number(), saw: z.enum(["through", "ends", "host"]) }).nullable(),
  /** What the host listens on for a remote tunnel at the moment; `port` is `null` for a unix socket. */
  listening: z.object({ port: z.number().int().nullable() }).nullable(),
  traffic: tunnelTraffic,
  /** What does the same with OpenSSH; `null` where there is no SSH in between. */
  command: z.string().nullable(),
});
export type TunnelRow = z.infer<typeof tunnelRow>;

export const tunnelsSnapshot = z.object({
  at: time,
  /** Counts the seconds of the figures: the same number is the same sample. */
  second: z.number().int(),
  rows: z.array(tunnelRow),
});
export type TunnelsSnapshot = z.infer<typeof tunnelsSnapshot>;

const byTunnel = z.strictObject({ tunnelId });
const errors = { ...hostErrors, ...errorMap("LOCAL_PORT_TAKEN", "LISTEN_FAILED") };

export const tunnels = {
  list: read.output(z.array(tunnelRow)),
  /** Every tunnel with its figures, at first and then at most twice a second, only when something moved. */
  watch: read.output(eventIterator(tunnelsSnapshot)),
  /** `localPort` is `null` for a tunnel that listens on its host. */
  add: change("tunnel.add")
    .errors(errors)
    .input(tunnelInput)
    .output(z.object({ tunnelId, localPort: port.nullable() })),
  update: change("tunnel.update")
    .errors(errors)
    .input(z.strictObject({ tunnelId, tunnel: tunnelInput }))
    .output(z.object({ localPort: port.nullable() })),
  remove: change("tunnel.remove")
    .errors(errors)
    .input(z.strictObject({ tunnelId, confirm: z.string().max(64) }))
    .output(z.object({})),
  /** Returns at once; how it goes is in the light. A host that waits to be connected is connected. */
  start: change("tunnel.start", "low").errors(errors).input(byTunnel).output(z.object({})),
  stop: change("tunnel.stop", "low").errors(errors).input(byTunnel).output(z.object({})),
  /** Those that run are looked at anew, and their hosts are tried at once. */
  restartAll: change("tunnel.restart-all", "low").output(z.object({ count: z.number().int() })),
  /** Takes the next free port in place of one that another program holds, and keeps it. */
  takePort: change("tunnel.use-port").errors(errors).input(byTunnel).output(z.object({ port })),
};
