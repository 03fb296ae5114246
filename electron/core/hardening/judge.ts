import type { Finding, LaunchSpec, Severity } from "../../contract/containers.ts";
import { Failure } from "../failure.ts";
import { type Inspected, postureOfContainer } from "./inspected.ts";
import { type HardeningContext, type Posture, postureOfSpec, unknownContext } from "./posture.ts";
import { type Rule, rules } from "./rules/index.ts";

export interface Judgement {
  /** One a rule, those that pass too, in the policy's order. */
  findings: Finding[];
  /** 0 to 100: the weight of the rules that pass; 100 only when all do. A relaxed rule does not pass. */
  score: number;
  /** False when a critical or high rule fails and is not relaxed. */
  allowed: boolean;
}

export type Relaxations = LaunchSpec["relaxations"];

/** A relaxation is for a while: whoever still needs it after this many days gives a reason again. */
export const longestRelaxationDays = 90;

const weights: Readonly<Record<Severity, number>> = { critical: 10, high: 5, medium: 2, low: 1 };
const blocking: ReadonlySet<Severity> = new Set(["critical", "high"]);

/** `today` is `YYYY-MM-DD` in the operator's own zone. */
export function judge(spec: LaunchSpec, context: HardeningContext, today: string): Judgement {
  const posture = postureOfSpec(spec, context);
  return summarise(rules.map((rule) => findingOf(rule, posture, context, spec, today)));
}

/**
 * The same policy over the engine's answer about any container, whoever started it. Facts about a start are left out.
 * Nothing is relaxed: a container is what it is.
 */
export function judgeContainer(detail: Inspected, context: HardeningContext = unknownContext): Judgement {
  const posture = postureOfContainer(detail);
  const policies = rules.filter((rule) => rule.kind === "policy");
  return summarise(policies.map((rule) => findingOf(rule, posture, context, null, "")));
}

/** The failure that a launch ends with: the fact that stops it, else `POLICY_DENIED` with the rules' ids. */
export function denialOf(judgement: Judgement): Failure | null {
  if (judgement.allowed) return null;
  const stopping = judgement.findings.filter(stops);
  const denied = stopping.filter(({ rule }) => ruleOf(rule)?.kind === "policy");
  if (denied.length > 0) {
    return new Failure("POLICY_DENIED", { rules: denied.map(({ rule }) => rule).join(", "), count: denied.length });
  }
  const first = stopping[0];
  const failure = first === undefined ? undefined : ruleOf(first.rule)?.failure;
  return new Failure(failure ?? "POLICY_DENIED", first?.details ?? {});
}

function ruleOf(id: string): Rule | undefined {
  return rules.find((rule) => rule.id === id);
}

function stops(finding: Finding): boolean {
  return blocking.has(finding.severity) && (finding.status === "fail" || finding.status === "expired");
}

function findingOf(
  rule: Rule,
  posture: Posture,
  context: HardeningContext,
  spec: LaunchSpec | null,
  today: string,
): Finding {
  const { pass, details } = rule.check(posture, context, spec);
  const asked = spec?.relaxations.find((relaxation) => relaxation.rule === rule.id);
  const status = pass ? "pass" : relaxedStatus(rule, asked, today);
  return {
    rule: rule.id,
    severity: rule.severity,
    status,
    fields: [...rule.fields],
    sources: [...rule.sources],
    details: { ...details },
    relaxation: !pass && asked !== undefined ? { reason: asked.reason, until: asked.until } : null,
  };
}

function relaxedStatus(rule: Rule, asked: Relaxations[number] | undefined, today: string): Finding["status"] {
  if (asked === undefined || !rule.relaxable || asked.reason.trim().length < 3) return "fail";
  if (asked.until < today) return "expired";
  return asked.until <= addDays(today, longestRelaxationDays) ? "relaxed" : "fail";
}

/** Calendar days, so that a change to summer time does not move the border. */
function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

function summarise(findings: Finding[]): Judgement {
  const weigh = (some: Finding[]) => some.reduce((sum, { severity }) => sum + weights[severity], 0);
  const passed = findings.filter(({ status }) => status === "pass");
  const exact = (100 * weigh(passed)) / weigh(findings);
  return {
    findings,
    score: passed.length === findings.length ? 100 : Math.min(99, Math.floor(exact)),
    allowed: !findings.some(stops),
  };
}
