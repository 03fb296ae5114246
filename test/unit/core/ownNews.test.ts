import { describe, expect, it } from "vitest";
import type { AuditRowView } from "../../../electron/contract/audit.ts";
import type { HostSession } from "../../../electron/core/hosts/index.ts";
import { auditLine, createHostNews } from "../../../electron/core/ownNews.ts";
import type { LinkState } from "../../../electron/core/ssh/index.ts";

describe("what the console says of itself", () => {
  it("each change of a host's link once", () => {
    const told: [string, string][] = [];
    const news = createHostNews((text, level) => told.push([level, text]));
    const look = (state: LinkState) =>
      news.look({
        record: { id: "h", host: { name: "orion" } },
        link: { state: () => state },
      } as unknown as HostSession);
    look({ phase: "idle", since: 0 });
    look({ phase: "online", since: 1 });
    look({ phase: "online", since: 1 });
    look({ phase: "offline", since: 2, reason: { code: "AUTH_FAILED", details: {} } });
    look({ phase: "idle", since: 3 });
    expect(told).toEqual([
      ["info", "host orion: online"],
      ["warn", "host orion: offline (AUTH_FAILED)"],
      ["info", "host orion: idle"],
    ]);
  });

  it("what was done, and how it ended", () => {
    const row = {
      action: "container.stop",
      target: "llama@orion",
      outcome: "failure",
      errorCode: "TIMED_OUT",
      durationMs: 210,
    };
    expect(auditLine(row as AuditRowView)).toBe("container.stop llama@orion: failure TIMED_OUT (210 ms)");
    expect(auditLine({ ...row, target: "", outcome: "success", errorCode: null } as AuditRowView)).toBe(
      "container.stop: success (210 ms)",
    );
  });
});
