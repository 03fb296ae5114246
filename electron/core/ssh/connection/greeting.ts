import type { Readable } from "node:stream";

/** What came over the wire before the other side named itself an SSH server. */
export interface Greeting {
  /** `nothing` came, `other` bytes came, or an SSH identification line was `seen`. */
  state(): "nothing" | "other" | "seen";
  /** The first printable characters of what came, for a person to recognise (`HTTP/1.1 400 Bad Request`). */
  said(): string;
  stop(): void;
}

/** RFC 4253, section 4.2 allows lines before the identification; more than this is not a greeting. */
const maxBytes = 64 * 1024;

/**
 * Listens along while ssh2 reads the same socket; calls `onForeign` when what comes can no longer be an SSH server. ssh2
 * itself would take 8 MB of lines and then say no more than that the connection was lost.
 */
export function watchGreeting(socket: Readable, onForeign: () => void): Greeting {
  let line = "";
  let kept = "";
  let total = 0;
  let seen = false;

  const onData = (chunk: Buffer) => {
    total += chunk.length;
    const text = chunk.toString("latin1");
    if (kept.length < 256) kept += text.slice(0, 256);
    for (const piece of text.split(/(?<=\n)/)) {
      line = (line + piece).slice(0, 4);
      if (line === "SSH-") {
        seen = true;
        stop();
        return;
      }
      if (piece.endsWith("\n")) line = "";
    }
    if (total > maxBytes) {
      stop();
      onForeign();
    }
  };
  const stop = () => {
    socket.off("data", onData);
  };
  socket.on("data", onData);

  return {
    state: () => (seen ? "seen" : total > 0 ? "other" : "nothing"),
    said: () =>
      kept
        .replaceAll(/[^\x20-\x7e]+/g, " ")
        .trim()
        .slice(0, 80),
    stop,
  };
}
