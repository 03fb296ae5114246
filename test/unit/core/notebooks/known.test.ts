import { describe, expect, test } from "vitest";
import { Known } from "../../../../electron/core/notebooks/known.ts";
import { notebookFile, notebookIdOf, withRecord } from "../../../../electron/core/notebooks/records.ts";
import type { FoundServer } from "../../../../electron/core/notebooks/types.ts";

const server: FoundServer = {
  ...{ pid: 7, port: 8888, socket: "", basePath: "/", folder: "/w", version: "2", program: "server", secure: false },
  ...{ login: "key", key: null, addresses: [], uid: 1000, keyInArguments: false },
};
const known = () => new Known("n", "h", { place: { kind: "host" }, server, published: [] });
const status = (more: object) => ({ started: 0, last_activity: 0, connections: 0, kernels: 1, ...more });
const kernel = (last_activity: number, execution_state = "idle") => ({
  ...{ id: "k", name: "python3", connections: 1, last_activity, execution_state },
});

describe("kernels that somebody may have forgotten", () => {
  const hour = 3_600_000;
  test.each<[string, (one: Known) => void, boolean]>([
    ["nothing known", () => {}, false],
    ["no kernel", (one) => one.noteStatus(status({ kernels: 0 })), false],
    ["nothing done for long", (one) => one.noteStatus(status({})), true],
    ["something done just now", (one) => one.noteStatus(status({ last_activity: 3 * hour })), false],
    [
      "a page that is open keeps the server awake, not the kernel",
      (one) => {
        one.noteStatus(status({ last_activity: 3 * hour, connections: 1 }));
        one.noteKernels([kernel(0)]);
      },
      true,
    ],
    [
      "one of them worked lately",
      (one) => {
        one.noteStatus(status({}));
        one.noteKernels([kernel(0), kernel(3 * hour)]);
      },
      false,
    ],
    [
      "one is busy for hours",
      (one) => {
        one.noteStatus(status({}));
        one.noteKernels([kernel(0, "busy")]);
      },
      false,
    ],
  ])("%s", (_name, tell, expected) => {
    const one = known();
    tell(one);
    expect(one.isIdle(3 * hour, 2 * hour)).toBe(expected);
  });
});

describe("what is remembered of a notebook", () => {
  test("two sockets of a host are two servers", () => {
    const id = (more: Partial<FoundServer>) => notebookIdOf("h", { kind: "host" }, { ...server, ...more });
    expect(id({ port: 0, socket: "/a.sock" })).not.toBe(id({ port: 0, socket: "/b.sock" }));
    expect(id({})).toBe(id({ pid: 8, folder: "/other" }));
  });

  test("a file of the time before certificates is read", () => {
    const before = { notebooks: [{ id: "n", localPort: 21_000, ours: null }] };
    const file = notebookFile.parse(before);
    expect(file.notebooks).toEqual([{ id: "n", localPort: 21_000, ours: null, certificate: null }]);
    expect(withRecord(file, "n", { certificate: "AB" }).notebooks).toEqual([
      { id: "n", localPort: 21_000, ours: null, certificate: "AB" },
    ]);
  });
});
