/**
 * The hardening policy as data. Numbers are those of the CIS Docker Benchmark 1.6.0 and of OWASP's Docker Security
 * Cheat Sheet (RULE #n); `own` are the console's. Words are in the renderer's catalogue: `rule.<id>.title|why|fix`.
 */
import { contentRules } from "./content.ts";
import { factsRules } from "./facts.ts";
import { filesRules } from "./files.ts";
import { identityRules } from "./identity.ts";
import { limitsRules } from "./limits.ts";
import { networkRules } from "./network.ts";
import type { Rule } from "./rule.ts";

export type { Rule, Verdict } from "./rule.ts";

export const rules: readonly Rule[] = [
  ...identityRules,
  ...filesRules,
  ...networkRules,
  ...limitsRules,
  ...contentRules,
  ...factsRules,
];
