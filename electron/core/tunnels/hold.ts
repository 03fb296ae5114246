import { Failure, isFailure } from "../failure.ts";
import type { ByteStream, Clock } from "../ports.ts";
import type { HostLink } from "../ssh/index.ts";
import type { Meter } from "./meter.ts";
import { type Destination, type HostView, limits, type TunnelTimings } from "./types.ts";

export interface OpenDeps {
  host: HostView;
  meter: Meter;
  clock: Clock;
  timings: TunnelTimings;
  signal: AbortSignal;
  /** Wait for a host that is coming back; a probe does not. */
  wait: boolean;
}

/**
 * A stream to the far side. While the host is being reconnected the caller is held, for a few seconds and in company of
 * a few others at most: `HOST_OFFLINE` then, and at once where the host waits for a person.
 */
export async function openThrough(to: Destination, deps: OpenDeps): Promise<ByteStream> {
  const { host, clock, timings, signal } = deps;
  const until = clock.mono() + timings.holdMs;
  for (;;) {
    const link = host.link();
    if (link !== null && host.online()) {
      try {
        return await open(link, to, signal);
      } catch (error) {
        // It went away meanwhile; whatever else stood in the way will stand there again.
        if (!isFailure(error, "HOST_OFFLINE") || !deps.wait) throw error;
      }
    }
    if (signal.aborted) throw new Failure("CANCELLED");
    const left = until - clock.mono();
    if (!deps.wait || left <= 0 || !coming(host)) throw offline();
    await hold(deps, left);
  }
}

function open(link: HostLink, to: Destination, signal: AbortSignal): Promise<ByteStream> {
  return to.kind === "tcp" ? link.openTcp(to.host, to.port, { signal }) : link.openUnix(to.path, { signal });
}

function coming(host: HostView): boolean {
  const phase = host.state()?.phase;
  return host.online() || phase === "connecting" || phase === "reconnecting";
}

function offline(): Failure {
  return new Failure("HOST_OFFLINE", { reason: "not connected" }, { retryable: true });
}

/** Until something about the host changes, or time is up, or the client has gone. */
async function hold({ host, meter, clock, signal }: OpenDeps, ms: number): Promise<void> {
  if (meter.held >= limits.held) {
    meter.refused += 1;
    throw new Failure("LIMIT_REACHED", { what: "connections", limit: limits.held });
  }
  meter.held += 1;
  await new Promise<void>((resolve) => {
    const done = () => {
      cancel();
      unfollow();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    const unfollow = host.follow(done);
    signal.addEventListener("abort", done, { once: true });
  });
  meter.held -= 1;
}
