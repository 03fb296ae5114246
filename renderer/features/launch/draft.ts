/** The launch form's state and what can be said of it without asking the core. */
import type {
  ContainerRow,
  Finding,
  HostRow,
  LaunchSpec,
  SecretRow,
  Template,
} from "../../../electron/contract/index.ts";
import type { MessageId } from "../../app/i18n/index.tsx";

/** What a part of the form changes. */
export type Change = (values: Partial<LaunchSpec>) => void;

/** Rules that no reason and no date let pass, and questions of fact. The core refuses them whatever is sent. */
const unrelaxable = new Set([
  "not-privileged",
  "engine-socket",
  "secrets-dir",
  "name-free",
  "gpu-toolkit",
  "gpu-known",
  "secret-known",
]);

export function canRelax(finding: Finding): boolean {
  return finding.status !== "pass" && !unrelaxable.has(finding.rule);
}

/** Where a launch's form is kept until the page is closed, so that one can change it after a failure. */
export function draftKey(launchId: string): readonly string[] {
  return ["launch-draft", launchId];
}

export function specOf(template: Template, host: HostRow, name: string, secrets: readonly SecretRow[]): LaunchSpec {
  const environment = host.environment;
  const wanted = secrets.filter((row) => row.environment === environment && template.wants.includes(row.name));
  return {
    ...template.spec,
    hostId: host.id,
    name,
    template: template.id,
    environment,
    gpus: template.gpu === "required" ? freeGpus(host).slice(0, 1) : [],
    secrets: wanted.map((row) => ({ ref: { environment, name: row.name }, delivery: "auto" as const })),
  };
}

/** UUIDs of the GPUs that work and that no container holds. */
export function freeGpus(host: HostRow): string[] {
  return host.gpus.filter((gpu) => !gpu.fault && gpu.heldBy.length === 0).map((gpu) => gpu.uuid);
}

/** `chat`, then `chat-2`, `chat-3`: the first that no container of the host has. */
export function freeName(template: string, rows: readonly Pick<ContainerRow, "name">[]): string {
  const taken = new Set(rows.map((row) => row.name));
  const base = template.replace(/[^a-zA-Z0-9_.-]/g, "-") || "container";
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** Takes the template's values back into the fields that a rule complains of; null when that changes nothing. */
export function putBack(spec: LaunchSpec, template: Template, finding: Finding): LaunchSpec | null {
  const fields = finding.fields.filter(
    (field): field is keyof Template["spec"] =>
      Object.hasOwn(template.spec, field) && field !== "secrets" && field !== "gpus",
  );
  const values = Object.fromEntries(fields.map((field) => [field, template.spec[field]]));
  const changed = { ...spec, ...values };
  return fields.some((field) => JSON.stringify(spec[field]) !== JSON.stringify(template.spec[field])) ? changed : null;
}

export type SpecComplaints = { name?: MessageId; image?: MessageId; user?: MessageId };

/** What would be refused before any rule is asked. */
export function specComplaints(spec: LaunchSpec): SpecComplaints {
  const found: SpecComplaints = {};
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$/.test(spec.name)) found.name = "launch.badName";
  if (!/^[a-z0-9]+(?:[._/:-][A-Za-z0-9_]+|-{2}[A-Za-z0-9]+|@sha256:[0-9a-f]{64})*$/.test(spec.image)) {
    found.image = "launch.badImage";
  }
  if (!/^[A-Za-z0-9_.-]+(?::[A-Za-z0-9_.-]+)?$/.test(spec.user)) found.user = "launch.badUser";
  return found;
}

/** A number that a person types, in a unit; null when the field is empty, undefined when it is no number. */
export function parseAmount(text: string, unit: number, whole = true): number | null | undefined {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return null;
  const value = Number(plain);
  if (!Number.isFinite(value) || value <= 0) return undefined;
  return whole ? Math.round(value * unit) : value * unit;
}

/** `YYYY-MM-DD`, so many days from now, in the reader's own calendar. */
export function dayFrom(now: number, days: number): string {
  const at = new Date(now);
  at.setDate(at.getDate() + days);
  const part = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${part(at.getMonth() + 1)}-${part(at.getDate())}`;
}
