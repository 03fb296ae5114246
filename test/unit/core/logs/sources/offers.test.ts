import { describe, expect, it } from "vitest";
import { Failure } from "../../../../../electron/core/failure.ts";
import { logOffers } from "../../../../../electron/core/logs/sources/offers.ts";
import type { HostLink } from "../../../../../electron/core/ssh/index.ts";

type Answer = { code?: number; stdout?: string; stderr?: string };

/** A host that answers by the program's name. */
function host(answers: Record<string, Answer>): Pick<HostLink, "exec"> {
  return {
    async exec([program = ""]) {
      const { code = 0, stdout = "", stderr = "" } = answers[program] ?? { code: 127 };
      return { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), truncated: false };
    },
  };
}

const files = "120 1795341600 /var/log/syslog\n7 1795341700 /var/log/app/it's new.log\nstat: cannot read\n-1 2 /x\n";

describe("what a host offers beside its containers", () => {
  it("are its units, running ones first, and its files, newest first", async () => {
    const units = [
      "cron.service loaded active running Regular background programs",
      "apt-daily.service loaded inactive dead Daily apt",
      "bad;name.service loaded active running",
      "docker.service loaded active running Docker",
    ].join("\n");
    expect(await logOffers(host({ sh: { stdout: files }, journalctl: {}, systemctl: { stdout: units } }))).toEqual({
      units: [
        { name: "cron.service", running: true },
        { name: "docker.service", running: true },
        { name: "apt-daily.service", running: false },
      ],
      unitsProblem: null,
      files: [
        { path: "/var/log/app/it's new.log", bytes: 7, changed: 1_795_341_700_000 },
        { path: "/var/log/syslog", bytes: 120, changed: 1_795_341_600_000 },
      ],
    });
  });

  it("a journal that may not be read is said so, and the files are there all the same", async () => {
    expect(
      await logOffers(host({ sh: { stdout: files }, journalctl: { stderr: "insufficient permissions" } })),
    ).toMatchObject({
      units: null,
      unitsProblem: { code: "JOURNAL_UNREADABLE", details: { reason: "denied" } },
      files: [{ bytes: 7 }, { bytes: 120 }],
    });
  });

  it("a journal without a manager is the whole journal", async () => {
    const offers = await logOffers(host({ sh: {}, journalctl: {}, systemctl: { code: 1 } }));
    expect(offers).toEqual({ units: [], unitsProblem: null, files: [] });
  });

  it("a host that is away is not an empty one", async () => {
    const away = {
      exec: async () => {
        throw new Failure("HOST_OFFLINE", { reason: "test" });
      },
    };
    await expect(logOffers(away)).rejects.toMatchObject({ code: "HOST_OFFLINE" });
  });
});
