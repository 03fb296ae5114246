import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { launchSpec, template } from "../../../../electron/contract/containers.ts";
import { judge, unknownContext } from "../../../../electron/core/hardening/index.ts";
import { loadTemplates, profileOf, publicTemplate } from "../../../../electron/core/launch/index.ts";
import { deliveriesOf } from "../../../../electron/core/launch/templates.ts";
import { tempFolder } from "../../../helpers/ports.ts";

const folder = fileURLToPath(new URL("../../../../assets/templates", import.meta.url));
const temp = tempFolder();
afterAll(temp.cleanup);
const shipped = await loadTemplates(folder);
const asSpec = (of: (typeof shipped)[number]) => ({
  hostId: "gpu-1",
  name: "trial",
  ...of.spec,
  gpus: of.gpu === "required" ? ["GPU-0000-1"] : [],
});

describe("the templates that are shipped", () => {
  test("are these", () => {
    expect(shipped.map(({ id, kind, gpu, practiceOnly }) => [id, kind, gpu, practiceOnly])).toEqual([
      ["chat-echo", "chat", "optional", false],
      ["classifier-onnx", "infer", "optional", false],
      ["leaky", "chat", "optional", true],
      ["notebook", "notebook", "optional", false],
      ["plain", "none", "optional", false],
      ["vllm", "chat", "required", false],
    ]);
  });

  test.each(shipped.map((each) => [each.id, each] as const))("%s gives a spec that may start", (_id, each) => {
    const spec = asSpec(each);
    expect(launchSpec.parse(spec)).toEqual(spec);
    const { findings, allowed } = judge(spec, { ...unknownContext, imageDigest: "resolved" }, "2026-03-01");
    const open = findings.filter(({ status }) => status !== "pass").map(({ rule }) => rule);
    expect({ allowed, open }).toEqual({
      allowed: true,
      // It fetches its weights, and compiles what it then runs.
      open: each.id === "vllm" ? ["tmpfs-noexec", "network-isolated"] : [],
    });
  });

  test("only one that leaks on purpose keeps an exposed container, and only on practice hosts", () => {
    expect(
      shipped.filter(({ keepWhenExposed }) => keepWhenExposed).map(({ id, practiceOnly }) => [id, practiceOnly]),
    ).toEqual([["leaky", true]]);
  });

  test("the form gets the contract's template and nothing more", () => {
    for (const each of shipped) {
      expect(template.strict().parse(publicTemplate(each))).toEqual(publicTemplate(each));
      expect(publicTemplate(each)).not.toHaveProperty("writer");
    }
  });

  test.each<[id: string, hasModel: boolean, ways: string[], port: number | undefined]>([
    ["chat-echo", true, ["memory", "file"], 8000],
    ["chat-echo", false, ["file"], 8000],
    ["plain", false, ["file"], undefined],
    ["vllm", true, ["file"], 8000],
  ])("%s with a model %s: %j", (id, hasModel, ways, port) => {
    const found = shipped.find((each) => each.id === id);
    if (found === undefined) throw new Error(id);
    expect(deliveriesOf(found, hasModel)).toEqual(ways);
    expect(profileOf(found)?.port).toBe(port);
  });
});

describe("a file that is no template is refused", () => {
  const good = JSON.parse(JSON.stringify(shipped.find(({ id }) => id === "plain")));
  test.each<[name: string, text: string, reason: RegExp]>([
    ["no JSON", "{", /JSON/],
    ["another form", "[]", /expected/i],
    ["an unknown field", JSON.stringify({ ...good, more: 1 }), /more|unrecognized/i],
    ["a spec with an unknown field", JSON.stringify({ ...good, spec: { ...good.spec, more: 1 } }), /spec/],
    ["an id that is not the file's", JSON.stringify({ ...good, id: "other" }), /differ/],
    ["a spec of another template", JSON.stringify({ ...good, spec: { ...good.spec, template: "other" } }), /differ/],
    ["a chat without a server", JSON.stringify({ ...good, kind: "chat" }), /server/],
  ])("%s", async (name, text, reason) => {
    const dir = join(temp.path, name.replaceAll(" ", "-"));
    mkdirSync(dir);
    writeFileSync(join(dir, "plain.json"), text);
    await expect(loadTemplates(dir)).rejects.toMatchObject({
      code: "BAD_INPUT",
      details: { file: "plain.json", reason: expect.stringMatching(reason) },
    });
  });

  test("other files are left alone", async () => {
    const dir = join(temp.path, "other");
    mkdirSync(dir);
    writeFileSync(join(dir, "README.md"), "x");
    expect(await loadTemplates(dir)).toEqual([]);
  });
});
