import type { Clock } from "../ports.ts";
import { type Connection, ignoreOutput, type SessionChannel } from "./connection/connection.ts";
import type { Slot } from "./limits.ts";
import { endMarked } from "./quote.ts";
import type { Program } from "./run.ts";

/** How long a program has to go by itself once its channel is closed. */
const graceMs = 1_000;

export interface ChannelProgramDeps {
  connection: Connection;
  /** Given back when sshd has closed the channel, which is when the program has ended: until then it counts there too. */
  slot: Slot;
  mark: string;
  clock: Clock;
}

/**
 * A session channel as a program. Stopping it sends TERM and closes the channel, so that its next write fails; what is
 * still there after a second is looked for by its mark.
 */
export function channelProgram({ channel, stream }: SessionChannel, deps: ChannelProgramDeps): Program {
  const { connection, slot, clock, mark } = deps;
  let closed = false;
  const ended = new Promise<number | null>((resolve, reject) => {
    let code: number | null = null;
    let exited = false;
    channel.on("exit", (status: number | null) => {
      exited = true;
      code = status;
    });
    channel.on("close", () => {
      closed = true;
      slot();
      if (connection.gone && !exited) reject(connection.gone);
      else resolve(code);
    });
  });
  ended.catch(() => {});

  return {
    stdin: stream,
    stdout: stream,
    stderr: channel.stderr,
    ended,
    stop() {
      if (stream.destroyed) return;
      channel.signal("TERM");
      channel.stderr.resume();
      stream.destroy();
      clock.after(graceMs, () => {
        if (!closed && !connection.gone) endOnHost(connection, mark);
      });
    },
  };
}

/** Outside of the budget of eight: sshd's ten leave room for it, and it must run just when all others are stuck. */
function endOnHost(connection: Connection, mark: string): void {
  connection.exec(endMarked(mark), "kill", {}, ignoreOutput).catch(() => {});
}
