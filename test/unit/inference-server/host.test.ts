import { expect, test } from "vitest";
import { createLog } from "../../../assets/inference-server/src/log.ts";
import { createMasker } from "../../../assets/inference-server/src/mask.ts";
import { createModelHost } from "../../../assets/inference-server/src/model/host.ts";
import { parseLoad } from "../../../assets/inference-server/src/model/loadRequest.ts";

function host(env: Record<string, string | undefined> = {}) {
  const lines: string[] = [];
  const masker = createMasker();
  const log = createLog((text) => lines.push(text), masker);
  return { env, lines, models: createModelHost({ env, log, masker, modelDir: "/nowhere" }) };
}

test("a second load replaces the first, its environment included", async () => {
  const { env, models } = host({ KEPT: "as-before" });
  await models.load(parseLoad({ env: { A: "first-a", KEPT: "changed" } }));
  expect(env).toEqual({ A: "first-a", KEPT: "changed" });
  await models.load(parseLoad({ env: { B: "second-b" } }));
  expect(env).toEqual({ B: "second-b", KEPT: "as-before" });
  await models.unload();
  expect([env, models.current()]).toEqual([{ KEPT: "as-before" }, null]);
});

test("a load that fails takes back what it set", async () => {
  const { env, models } = host();
  const request = parseLoad({ backend_class: "onnx", engine_params: { model: "none.onnx" }, env: { A: "value-a" } });
  await expect(models.load(request)).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  expect([env, models.current()]).toEqual([{}, null]);
});

test("a load while another is under way is refused", async () => {
  const { models } = host();
  const first = models.load(parseLoad({}));
  await expect(models.load(parseLoad({}))).rejects.toMatchObject({ status: 409, code: "busy" });
  await first;
  expect(models.current()?.kind).toBe("echo");
});

test("unload waits for the runs under way and lets no new one begin", async () => {
  const { models } = host();
  await models.load(parseLoad({}));
  const order: string[] = [];
  let finish = () => {};
  const run = models.use(async () => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    order.push("run");
  });
  const unload = models.unload().then(() => order.push("unload"));
  await expect(models.use(() => "late")).rejects.toMatchObject({ status: 409, code: "not_loaded" });
  finish();
  await Promise.all([run, unload]);
  expect(order).toEqual(["run", "unload"]);
});
