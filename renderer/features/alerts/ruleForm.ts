import type { AlertRule } from "../../../electron/contract/index.ts";

/** The form's fields as text, whatever kind is picked; `toRule` takes those that count. */
export type RuleForm = {
  name: string;
  enabled: boolean;
  severity: AlertRule["severity"];
  quiet: boolean;
  kind: AlertRule["condition"]["kind"];
  text: string;
  regex: string;
  level: "" | "debug" | "info" | "warn" | "error";
  count: string;
  above: string;
  seconds: string;
  environment: string;
  hostId: string;
  container: string;
};

export type RuleComplaint =
  | { id: "form.required" | "ruleForm.saysNothing" }
  | { id: "ruleForm.range"; min: number; max: number };

/** What a kind takes: least and most of its numbers, and what is offered first. */
export const ranges = {
  pattern: { seconds: [1, 86_400], first: "300" },
  rate: { seconds: [1, 3_600], first: "10" },
  silence: { seconds: [5, 86_400], first: "600" },
} as const;

export function emptyRuleForm(): RuleForm {
  return {
    name: "",
    enabled: true,
    severity: "warn",
    quiet: false,
    kind: "pattern",
    text: "",
    regex: "",
    level: "",
    count: "1",
    above: "1000",
    seconds: ranges.pattern.first,
    environment: "",
    hostId: "",
    container: "",
  };
}

export function ruleFormOf({ name, enabled, severity, quiet, scope, condition }: AlertRule): RuleForm {
  const form: RuleForm = {
    ...emptyRuleForm(),
    name,
    enabled,
    severity,
    quiet,
    kind: condition.kind,
    seconds: String(condition.seconds),
    environment: scope.environment ?? "",
    hostId: scope.hostId ?? "",
    container: scope.container ?? "",
  };
  if (condition.kind === "rate") return { ...form, above: String(condition.above) };
  if (condition.kind === "silence") return form;
  const { text = "", regex = "", level = "", count } = condition;
  return { ...form, text, regex, level, count: String(count) };
}

/** What a person sees at once; the core checks all of it again. */
export function complaintsOf(form: RuleForm): Partial<Record<keyof RuleForm, RuleComplaint>> {
  const found: Partial<Record<keyof RuleForm, RuleComplaint>> = {};
  const within = (field: "count" | "above" | "seconds", min: number, max: number) => {
    const value = /^\d{1,9}$/.test(form[field]) ? Number(form[field]) : Number.NaN;
    if (!(value >= min && value <= max)) found[field] = { id: "ruleForm.range", min, max };
  };
  if (form.name.trim() === "") found.name = { id: "form.required" };
  const [min, max] = ranges[form.kind].seconds;
  within("seconds", min, max);
  if (form.kind === "rate") within("above", 1, 1_000_000);
  if (form.kind !== "pattern") return found;
  within("count", 1, 100_000);
  if (form.text === "" && form.regex === "" && form.level === "") found.text = { id: "ruleForm.saysNothing" };
  return found;
}

export function toRule(form: RuleForm, id: string): AlertRule {
  const { name, enabled, severity, quiet, environment, hostId, container } = form;
  return {
    id,
    name: name.trim(),
    enabled,
    severity,
    quiet,
    scope: {
      ...(environment === "" ? {} : { environment }),
      ...(hostId === "" ? {} : { hostId }),
      ...(container.trim() === "" ? {} : { container: container.trim() }),
    },
    condition: conditionOf(form),
  };
}

function conditionOf(form: RuleForm): AlertRule["condition"] {
  const seconds = Number(form.seconds);
  if (form.kind === "silence") return { kind: "silence", seconds };
  if (form.kind === "rate") return { kind: "rate", above: Number(form.above), seconds };
  return {
    kind: "pattern",
    ...(form.text === "" ? {} : { text: form.text }),
    ...(form.regex === "" ? {} : { regex: form.regex }),
    ...(form.level === "" ? {} : { level: form.level }),
    count: Number(form.count),
    seconds,
  };
}
