import type { LaunchSpec, Severity } from "../../../contract/containers.ts";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { FailureDetails } from "../../failure.ts";
import type { HardeningContext, Posture } from "../posture.ts";

export interface Verdict {
  pass: boolean;
  /** What was found; never a value of a setting. */
  details: FailureDetails;
}

export interface Rule {
  id: string;
  severity: Severity;
  sources: readonly string[];
  /** Fields of the spec that decide it. */
  fields: readonly (keyof LaunchSpec)[];
  /** False: no reason and no date let it pass. */
  relaxable: boolean;
  /**
   * `policy` rules judge any container. `fact` rules ask whether a start can work at all (a GPU that is not there);
   * they judge specs alone, and a launch that they stop fails with `failure`.
   */
  kind: "policy" | "fact";
  failure?: ErrorCode;
  check(posture: Posture, context: HardeningContext, spec: LaunchSpec | null): Verdict;
}

export const cis = (number: string) => `CIS Docker 1.6.0 ${number}`;
export const owasp = (number: number) => `OWASP Docker Security #${number}`;
export const list = (items: readonly (string | number)[]) => [...new Set(items)].join(", ").slice(0, 300);
export const ok = (pass: boolean, details: FailureDetails = {}): Verdict => ({ pass, details });
export const none = (bad: readonly (string | number)[], name: string): Verdict =>
  bad.length === 0 ? ok(true) : ok(false, { [name]: list(bad) });

type Draft = Omit<Rule, "relaxable" | "kind"> & { relaxable?: false };
export const policy = (draft: Draft): Rule => ({ relaxable: true, kind: "policy", ...draft });
export const fact = (draft: Draft & { failure: ErrorCode }): Rule => ({ ...draft, relaxable: false, kind: "fact" });
