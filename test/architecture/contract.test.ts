import { type AnyContractProcedure, getEventIteratorSchemaDetails, isContractProcedure, oc } from "@orpc/contract";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contract, type ProcedureMeta } from "../../electron/contract/index.ts";
import { sourcesIn, textOf } from "./sources.ts";

interface Named {
  name: string;
  procedure: AnyContractProcedure;
}

function proceduresOf(part: object, path: readonly string[] = []): Named[] {
  return Object.entries(part).flatMap(([key, value]): Named[] => {
    const here = [...path, key];
    if (isContractProcedure(value)) return [{ name: here.join("."), procedure: value }];
    return proceduresOf(value, here);
  });
}

const procedures = proceduresOf(contract);

/** What is wrong with how a procedure is declared. */
function faultsOf({ name, procedure }: Named): string[] {
  const { inputSchema, outputSchema, meta } = procedure["~orpc"];
  const { audit, action, severity } = meta as Partial<ProcedureMeta>;
  const faults: string[] = [];
  if (outputSchema === undefined) faults.push("no output schema");
  if (inputSchema !== undefined && !isStrict(inputSchema)) faults.push("an input that lets unknown fields pass");
  if (audit !== "read" && audit !== "change" && audit !== "reveal") faults.push("no audit class");
  if (audit !== "read" && !/^[a-z]+(?:\.[a-z-]+)+$/.test(action ?? "")) faults.push("no action for the audit row");
  if (audit !== "read" && severity === undefined) faults.push("no severity");
  if (audit === "read" && action !== undefined) faults.push("an action, but it only looks");
  return faults.map((fault) => `${name}: ${fault}`);
}

function isStrict(schema: unknown): boolean {
  const inner = schema as z.core.$ZodType;
  if (inner._zod.def.type !== "object") return inner._zod.def.type !== "any" && inner._zod.def.type !== "unknown";
  return (inner as z.core.$ZodObject)._zod.def.catchall?._zod.def.type === "never";
}

describe("rule 4: every procedure is declared whole", () => {
  test("in the contract", () => {
    expect(procedures.flatMap(faultsOf)).toEqual([]);
    expect(procedures.length).toBeGreaterThan(40);
  });

  test("actions are told apart by their names", () => {
    const actions = procedures.map(({ procedure }) => (procedure["~orpc"].meta as ProcedureMeta).action);
    const named = actions.filter((action) => action !== undefined);
    expect(named.filter((action, index) => named.indexOf(action) !== index)).toEqual([]);
  });

  test.each<[string, AnyContractProcedure, string]>([
    ["no output", oc.$meta<ProcedureMeta>({ audit: "read" }).input(z.strictObject({})), "no output schema"],
    ["no audit class", oc.output(z.object({})), "no audit class"],
    [
      "a change without a name",
      oc.$meta<ProcedureMeta>({ audit: "change", severity: "low" }).output(z.object({})),
      "no action for the audit row",
    ],
    [
      "a change without severity",
      oc.$meta<ProcedureMeta>({ audit: "change", action: "a.b" }).output(z.object({})),
      "no severity",
    ],
    [
      "an open input",
      oc.$meta<ProcedureMeta>({ audit: "read" }).input(z.object({})).output(z.object({})),
      "an input that lets unknown fields pass",
    ],
  ])("must be refused: %s", (_, procedure, fault) => {
    expect(faultsOf({ name: "x.y", procedure })).toContain(`x.y: ${fault}`);
  });

  test("every procedure is called in some test", () => {
    const tests = sourcesIn("test/unit", "test/integration", "test/e2e")
      .map((file) => textOf(file))
      .join("\n");
    const silent = procedures.filter(({ name }) => !new RegExp(`\\b${name.replace(".", "\\.")}\\b`).test(tests));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});

/** Field names under which a secret's value could travel. */
const SECRET_FIELD =
  /^(?:value|values|passphrase|password|passwd|token|apiKey|privateKey|secretValue|plaintext|credential|env)$/i;

/** Paths of fields of a schema that could carry a secret's value. */
function secretFields(schema: unknown, path = ""): string[] {
  const events = getEventIteratorSchemaDetails(schema as never);
  if (events !== undefined)
    return [events.yields, events.returns].flatMap((part) => (part ? secretFields(part, path) : []));
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case "object":
      return Object.entries(def.shape).flatMap(([key, field]) => [
        ...(SECRET_FIELD.test(key) ? [`${path}.${key}`] : []),
        ...secretFields(field, `${path}.${key}`),
      ]);
    case "array":
      return secretFields(def.element, `${path}[]`);
    case "union":
      return def.options.flatMap((option) => secretFields(option, path));
    case "optional":
    case "nullable":
    case "default":
    case "readonly":
      return secretFields(def.innerType, path);
    case "record":
      return secretFields(def.valueType, `${path}{}`);
    case "pipe":
      return secretFields(def.out, path);
    case "tuple":
      return def.items.flatMap((item, index) => secretFields(item, `${path}[${index}]`));
    case "string":
    case "number":
    case "boolean":
    case "literal":
    case "enum":
    case "null":
    case "undefined":
      return [];
    default:
      return [`${path}: a schema of kind ${def.type} that cannot be looked into`];
  }
}

describe("rule 5: no answer can carry a secret's value, but the one of secrets.reveal", () => {
  /**
   * `env` of a launch specification holds plain settings, and a value that looks like a secret is a finding there. The
   * leaves of a JSON log line are pieces of its masked text.
   */
  const known = new Set(["containers.templates[].spec.env", "logs.line.fields[].value"]);

  test("in the contract", () => {
    const found = procedures.flatMap(({ name, procedure }) => {
      const schema = procedure["~orpc"].outputSchema;
      return schema === undefined ? [] : secretFields(schema, name);
    });
    expect(found.filter((path) => !known.has(path))).toEqual(["secrets.reveal.value"]);
    expect(found).toEqual(expect.arrayContaining([...known]));
  });

  test.each<[string, z.ZodType, string[]]>([
    ["at the top", z.object({ value: z.string() }), [".value"]],
    ["in a list", z.object({ rows: z.array(z.object({ token: z.string() })) }), [".rows[].token"]],
    ["in a choice", z.union([z.null(), z.object({ passphrase: z.string() })]), [".passphrase"]],
    ["in a map", z.record(z.string(), z.object({ privateKey: z.string().nullable() })), ["{}.privateKey"]],
    ["behind anything", z.object({ x: z.any() }), [".x: a schema of kind any that cannot be looked into"]],
    ["behind the unknown", z.unknown(), [": a schema of kind unknown that cannot be looked into"]],
  ])("must be refused: %s", (_, schema, expected) => {
    expect(secretFields(schema)).toEqual(expected);
  });

  test("there is one procedure of class reveal", () => {
    const revealing = procedures.filter(
      ({ procedure }) => (procedure["~orpc"].meta as ProcedureMeta).audit === "reveal",
    );
    expect(revealing.map(({ name }) => name)).toEqual(["secrets.reveal"]);
  });
});
