import { connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { SlowLine } from "../../../electron/practice/slowLine.ts";
import { fakeClock } from "../../helpers/ports.ts";
import { until } from "../../helpers/until.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function pair(delayMs: () => number) {
  const clock = fakeClock();
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const line = new SlowLine(await accepted, { delayMs, after: (ms, fn) => clock.after(ms, fn) });
  let received = "";
  far.on("data", (chunk: Buffer) => {
    received += chunk.toString();
  });
  closers.push(() => {
    far.destroy();
    line.destroy();
    server.close();
  });
  return { clock, line, far, received: () => received };
}

test("what is written arrives late, in order, also when the delay is switched off meanwhile", async () => {
  let delay = 400;
  const { clock, line, received } = await pair(() => delay);
  line.write("a");
  line.write("b");
  await clock.advance(399);
  expect(received()).toBe("");
  delay = 0;
  line.write("c");
  await clock.advance(1);
  await until(() => received().startsWith("ab"));
  await clock.advance(400);
  await until(() => received() === "abc");
});

test("the other direction is not slowed, and ends reach both sides", async () => {
  const { clock, line, far, received } = await pair(() => 400);
  let ended = false;
  far.on("end", () => {
    ended = true;
  });
  const heard: string[] = [];
  line.on("data", (chunk: Buffer) => heard.push(chunk.toString()));
  far.end("question");
  await until(() => heard.join("") === "question");
  line.end("answer");
  for (let step = 0; step < 4; step += 1) await clock.advance(400);
  await until(() => ended && received() === "answer");
  expect(clock.pending).toBe(0);
});

test("what was held is dropped with the line", async () => {
  const { clock, line } = await pair(() => 400);
  line.write("never");
  line.destroy();
  expect(clock.pending).toBe(0);
});
