/** Templates, plans and launches. */
import type { Finding, LaunchSpec, LaunchView, Plan, Template } from "../../../electron/contract/index.ts";
import { hardSpec } from "../specs.ts";
import { allPass, command, finding, proof, swap } from "./containers.ts";
import { minute, now } from "./units.ts";

const {
  hostId: _host,
  name: _name,
  ...spec
} = hardSpec({
  environment: "development",
  image: "gatehouse/inference-server:1",
  env: {},
});

export function templates(): Template[] {
  const make = (id: string, kind: Template["kind"], gpu: Template["gpu"], practiceOnly = false): Template => ({
    id,
    kind,
    gpu,
    practiceOnly,
    wants: kind === "chat" ? ["HF_TOKEN"] : [],
    delivery: ["memory", "file"],
    spec: { ...spec, template: id },
  });
  return [
    make("chat-echo", "chat", "optional"),
    make("classifier-onnx", "infer", "optional"),
    make("leaky", "chat", "optional", true),
    make("plain", "none", "optional"),
    make("vllm", "chat", "required"),
  ];
}

export function plan(input: LaunchSpec): Plan {
  const relaxed = (rule: string) => input.relaxations.find((one) => one.rule === rule) ?? null;
  const judge = (
    rule: string,
    severity: Finding["severity"],
    bad: boolean,
    field: string,
    details: Finding["details"] = {},
  ): Finding => ({
    ...finding(rule, severity, bad ? (relaxed(rule) ? "relaxed" : "fail") : "pass", details),
    fields: [field],
    relaxation: bad ? relaxed(rule) : null,
  });
  const findings = [
    judge("read-only-root", "high", !input.readOnlyRoot, "readOnlyRoot"),
    judge("not-privileged", "critical", input.privileged, "privileged"),
    judge("memory-limit", "medium", input.memoryBytes === null, "memoryBytes"),
    judge("image-digest", "medium", !input.image.includes("@"), "image", { image: input.image }),
    judge("user", "high", input.user.startsWith("0") || input.user === "root", "user", { user: input.user }),
  ].reduce(swap, allPass);
  const failing = findings.filter((one) => one.status !== "pass");
  return {
    findings,
    score: Math.max(0, 100 - failing.length * 7),
    allowed: !failing.some((one) => one.status === "fail" && (one.severity === "critical" || one.severity === "high")),
    command: command.replace("--name chat", `--name ${input.name}`),
    createBody: JSON.stringify(
      { Image: input.image, User: input.user, HostConfig: { ReadonlyRootfs: input.readOnlyRoot, CapDrop: ["ALL"] } },
      null,
      2,
    ),
  };
}

export function launch(state: "done" | "failed" | "running"): LaunchView {
  const ids = ["judge", "check", "secrets", "network", "create", "start", "ready", "inject", "load", "prove"] as const;
  const at = state === "done" ? 10 : state === "failed" ? 6 : 7;
  const notes = [
    "score: 100",
    "GPU 0 free, 812 GiB on disk",
    "1 secret",
    "gatehouse-chat, internal",
    "4be5a1c2d3e4",
    "pid 41723",
    "HTTP 200 after 1.2 s",
    "with-the-model",
    "echo",
    "traces: 0 7",
  ];
  return {
    id: `launch-${state}`,
    hostId: "orion",
    hostName: "orion",
    name: state === "failed" ? "chat-2" : "chat",
    simulated: true,
    state,
    startedAt: now - (state === "running" ? 9000 : 12 * minute),
    steps: ids.map((id, index) => ({
      id,
      state:
        index < at
          ? state === "failed" && index > 2
            ? "undone"
            : "done"
          : index === at
            ? state === "failed"
              ? "failed"
              : "running"
            : "waiting",
      startedAt: index <= at ? now - 5000 : null,
      durationMs:
        index < at || (state === "failed" && index === at)
          ? ([3, 184, 12, 231, 402, 318, 1240, 44, 92, 412][index] ?? 0)
          : null,
      note: index <= at ? (notes[index] ?? "") : "",
    })),
    containerId: state === "done" ? "a".repeat(12) : null,
    problem:
      state === "failed"
        ? {
            code: "CONTAINER_DIED",
            details: { name: "chat-2", exitCode: 1, lastLines: "Error: cannot find module '/app/backend.mjs'" },
          }
        : null,
    leftBehind: [],
    warnings: [],
    proof: state === "done" ? proof() : null,
  };
}
