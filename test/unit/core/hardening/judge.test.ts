import { describe, expect, test } from "vitest";
import type { LaunchSpec } from "../../../../electron/contract/containers.ts";
import { denialOf, judge, rules, unknownContext } from "../../../../electron/core/hardening/index.ts";
import { hardSpec } from "../../../helpers/specs.ts";

const today = "2026-03-01";
const relax = (rule: string, until: string, reason = "needs it for the demo") => ({
  relaxations: [{ rule, reason, until }],
});

function judged(change: Partial<LaunchSpec>) {
  const judgement = judge(hardSpec(change), unknownContext, today);
  const open = judgement.findings.filter(({ status }) => status !== "pass");
  return { allowed: judgement.allowed, open: open.map(({ rule, status }) => `${rule} ${status}`) };
}

describe("judge", () => {
  test("a spec that passes everything scores 100 and has a finding for each rule", () => {
    const judgement = judge(hardSpec(), unknownContext, today);
    expect({ ...judgement, findings: judgement.findings.length }).toEqual({
      findings: rules.length,
      score: 100,
      allowed: true,
    });
    expect(judgement.findings[0]).toEqual({
      rule: "not-privileged",
      severity: "critical",
      status: "pass",
      fields: ["privileged"],
      sources: ["CIS Docker 1.6.0 5.5", "OWASP Docker Security #3"],
      details: {},
      relaxation: null,
    });
  });

  test.each<[name: string, change: Partial<LaunchSpec>, allowed: boolean, open: string[]]>([
    ["a high rule blocks", { readOnlyRoot: false }, false, ["read-only-root fail"]],
    ["a medium rule does not", { pidsLimit: null }, true, ["pids-limit fail"]],
    ["a low rule does not", { init: false }, true, ["init fail"]],
    [
      "a relaxation lets it pass",
      { readOnlyRoot: false, ...relax("read-only-root", "2026-03-31") },
      true,
      ["read-only-root relaxed"],
    ],
    [
      "on its last day too",
      { readOnlyRoot: false, ...relax("read-only-root", "2026-03-01") },
      true,
      ["read-only-root relaxed"],
    ],
    [
      "an expired one blocks",
      { readOnlyRoot: false, ...relax("read-only-root", "2026-02-28") },
      false,
      ["read-only-root expired"],
    ],
    [
      "ninety days are the most",
      { readOnlyRoot: false, ...relax("read-only-root", "2026-05-30") },
      true,
      ["read-only-root relaxed"],
    ],
    [
      "ninety-one are too many",
      { readOnlyRoot: false, ...relax("read-only-root", "2026-05-31") },
      false,
      ["read-only-root fail"],
    ],
    [
      "a reason is needed",
      { readOnlyRoot: false, ...relax("read-only-root", "2026-03-31", "  x ") },
      false,
      ["read-only-root fail"],
    ],
    [
      "privileged is never relaxed",
      { privileged: true, ...relax("not-privileged", "2026-03-31") },
      false,
      ["not-privileged fail"],
    ],
    [
      "neither is the engine's socket",
      {
        mounts: [{ source: "/srv/docker.sock", target: "/s", readOnly: true }],
        ...relax("engine-socket", "2026-03-31"),
      },
      false,
      ["engine-socket fail"],
    ],
    [
      "a relaxation of another rule does nothing",
      { readOnlyRoot: false, ...relax("user", "2026-03-31") },
      false,
      ["read-only-root fail"],
    ],
    ["one of a rule that passes is not shown", relax("user", "2026-03-31"), true, []],
  ])("%s", (_name, change, allowed, open) => {
    expect(judged(change)).toEqual({ allowed, open });
  });

  test("the reason and the date stay beside a relaxed finding, and the score still counts it as open", () => {
    const judgement = judge(
      hardSpec({ readOnlyRoot: false, ...relax("read-only-root", "2026-03-31") }),
      unknownContext,
      today,
    );
    expect(judgement.findings.find(({ rule }) => rule === "read-only-root")?.relaxation).toEqual({
      reason: "needs it for the demo",
      until: "2026-03-31",
    });
    expect(judgement.score).toBeLessThan(100);
  });

  test("worse rules cost more", () => {
    const score = (change: Partial<LaunchSpec>) => judge(hardSpec(change), unknownContext, today).score;
    expect(score({ init: false })).toBeGreaterThan(score({ pidsLimit: null }));
    expect(score({ pidsLimit: null })).toBeGreaterThan(score({ readOnlyRoot: false }));
    expect(score({ readOnlyRoot: false })).toBeGreaterThan(score({ privileged: true }));
  });
});

describe("denialOf", () => {
  const gpu = "GPU-6f0c1a52-8f0e-4b0b-9a51-2f1d7c3e0a10";
  const failed = (spec: LaunchSpec, context = {}) => {
    const failure = denialOf(judge(spec, { ...unknownContext, ...context }, today));
    return failure === null ? null : { code: failure.code, details: failure.details };
  };

  test("nothing stands in the way", () => {
    expect(failed(hardSpec())).toBeNull();
  });
  test("policy comes before facts, with every rule's id", () => {
    const spec = hardSpec({ privileged: true, user: "0", gpus: [gpu] });
    expect(failed(spec, { gpus: [] })).toEqual({
      code: "POLICY_DENIED",
      details: { rules: "not-privileged, user", count: 2 },
    });
  });
  test("a fact has its own failure", () => {
    expect(failed(hardSpec({ gpus: [gpu] }), { gpus: [] })).toEqual({ code: "GPU_NOT_FOUND", details: { gpu } });
    expect(failed(hardSpec({ gpus: [gpu] }), { gpuToolkit: false })).toEqual({
      code: "GPU_RUNTIME_MISSING",
      details: {},
    });
    expect(failed(hardSpec(), { namesTaken: ["llm"] })).toEqual({ code: "NAME_TAKEN", details: { name: "llm" } });
  });
});
