import { z } from "zod";
import { type AlertRule, alertRule } from "../../contract/alerts.ts";
import { Failure } from "../failure.ts";
import { lineTest } from "../logs/index.ts";
import type { Random } from "../ports.ts";
import type { Store } from "../store/index.ts";
import type { LineTest } from "./conditions.ts";

const MAX_RULES = 100;

/** Raised when the shape of the rules changes; an older one is read as it is, what it lacks is as at first. */
export const alertFileVersion = 2;

/** What lies in `alerts.json`. */
export const alertFile = z.object({ rules: z.array(alertRule).max(MAX_RULES) });
export type AlertRules = z.infer<typeof alertFile>;

type Pattern = Extract<AlertRule["condition"], { kind: "pattern" }>;

/** Resolves to the rule's id, new where `rule.id` is empty. `NOT_FOUND`, `LIMIT_REACHED`, `BAD_INPUT` {field, reason}. */
export async function putRule(store: Store<AlertRules>, random: Pick<Random, "id">, rule: AlertRule): Promise<string> {
  if (rule.condition.kind === "pattern") mustSaySomething(rule.condition);
  const saved = rule.id === "" ? { ...rule, id: random.id() } : rule;
  await store.update(({ rules }) => {
    const at = rules.findIndex(({ id }) => id === saved.id);
    if (at < 0 && rule.id !== "") throw new Failure("NOT_FOUND", { what: "rule", id: rule.id });
    if (at < 0 && rules.length >= MAX_RULES) throw new Failure("LIMIT_REACHED", { what: "rules", limit: MAX_RULES });
    return { rules: at < 0 ? [...rules, saved] : rules.map((each) => (each.id === saved.id ? saved : each)) };
  });
  return saved.id;
}

/** `NOT_FOUND`. */
export async function dropRule(store: Store<AlertRules>, id: string): Promise<void> {
  await store.update(({ rules }) => {
    if (!rules.some((rule) => rule.id === id)) throw new Failure("NOT_FOUND", { what: "rule", id });
    return { rules: rules.filter((rule) => rule.id !== id) };
  });
}

/** `BAD_INPUT` {field, reason} for an expression that can't be run in linear time. */
export function testOf({ condition }: AlertRule): LineTest {
  if (condition.kind !== "pattern") return () => true;
  const { text, regex, level } = condition;
  const fits = lineTest({ text, regex });
  return (line) => (level === undefined || line.level === level) && fits(line.text);
}

function mustSaySomething(condition: Pattern): void {
  const { text = "", regex = "", level } = condition;
  if (text === "" && regex === "" && level === undefined) {
    throw new Failure("BAD_INPUT", { field: "text", reason: "a pattern needs a text, an expression or a level" });
  }
  lineTest({ text, regex });
}
