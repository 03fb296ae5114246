import { expect, test } from "vitest";
import { Inventory } from "../../../../electron/core/containers/inventory.ts";
import type { ContainerDetail, ContainerSummary, EngineEvent } from "../../../../electron/core/docker/types.ts";
import { Failure } from "../../../../electron/core/failure.ts";

function engineOf(summaries: ContainerSummary[]) {
  const asked: string[] = [];
  return {
    asked,
    summaries,
    containers: async () => {
      asked.push("list");
      return [...summaries];
    },
    inspect: async (id: string) => {
      asked.push(id);
      const summary = summaries.find((each) => each.id === id);
      if (summary === undefined) throw new Failure("CONTAINER_NOT_FOUND", { container: id });
      return { ...summary, status: "", pid: 1 } as ContainerDetail;
    },
  };
}

const summary = (id: string, state = "running"): ContainerSummary => ({
  id,
  name: id,
  image: "i",
  imageId: "",
  state,
  status: `Up (${state})`,
  createdAt: 0,
  labels: {},
});
const event = (id: string, action: string, type = "container"): EngineEvent => ({
  type,
  action,
  id,
  attributes: {},
  at: 0,
});

test("reads once, then nothing until an event says so; then only what changed", async () => {
  const engine = engineOf([summary("a"), summary("b")]);
  const inventory = new Inventory(engine);
  expect((await inventory.read()).map((each) => [each.id, each.status])).toEqual([
    ["a", "Up (running)"],
    ["b", "Up (running)"],
  ]);
  await inventory.read();
  expect(engine.asked).toEqual(["list", "a", "b"]);
  engine.summaries[1] = summary("b", "exited");
  expect(inventory.note(event("b", "die"))).toBe(true);
  expect((await inventory.read()).map((each) => each.state)).toEqual(["running", "exited"]);
  expect(engine.asked).toEqual(["list", "a", "b", "list", "b"]);
});

test.each([
  ["an exec in it", event("a", "exec_create: sh")],
  ["a network event", event("n", "connect", "network")],
])("%s changes no list", (_name, noted) => expect(new Inventory(engineOf([])).note(noted)).toBe(false));

test("a container that goes between list and inspect is left out", async () => {
  const engine = engineOf([summary("a"), summary("b")]);
  const inventory = new Inventory({ ...engine, containers: async () => [summary("a"), summary("gone")] });
  expect((await inventory.read()).map((each) => each.id)).toEqual(["a"]);
});

test("whoever asks while a list is read gets that list, not what was known before", async () => {
  const engine = engineOf([summary("a")]);
  const inventory = new Inventory(engine);
  const [first, second] = await Promise.all([inventory.read(), inventory.read()]);
  expect([first.length, second.length]).toEqual([1, 1]);
  expect(engine.asked).toEqual(["list", "a"]);
});

test("a failed read rejects and the next one asks again", async () => {
  const engine = engineOf([summary("a")]);
  let fail = true;
  const inventory = new Inventory({
    ...engine,
    containers: () => (fail ? Promise.reject(new Failure("ENGINE_UNAVAILABLE")) : engine.containers()),
  });
  await expect(inventory.read()).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
  fail = false;
  expect(await inventory.read()).toHaveLength(1);
});
