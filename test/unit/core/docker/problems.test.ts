import { describe, expect, it } from "vitest";
import { engineFailure } from "../../../../electron/core/docker/problems.ts";

describe("what an engine's refusal means", () => {
  it.each<[string, number, string, string, object]>([
    ["no such container", 404, "No such container: abc", "CONTAINER_NOT_FOUND", { id: "abc" }],
    [
      "Podman's words for it",
      404,
      'no container with name or ID "abc" found: no such container',
      "CONTAINER_NOT_FOUND",
      { id: "abc" },
    ],
    ["no such image", 404, "No such image: nope:1", "IMAGE_NOT_FOUND", { image: "img" }],
    ["Podman's words for it", 404, "img: image not known", "IMAGE_NOT_FOUND", { image: "img" }],
    [
      "a pull that is denied",
      404,
      "pull access denied for nope, repository does not exist or may require 'docker login'",
      "IMAGE_NOT_FOUND",
      { image: "img" },
    ],
    [
      "a manifest that is missing",
      404,
      "manifest for nope:1 not found: manifest unknown: manifest unknown",
      "IMAGE_NOT_FOUND",
      { image: "img" },
    ],
    [
      "a name in use",
      409,
      'Conflict. The container name "/web" is already in use by container "0a". You have to remove that container.',
      "NAME_TAKEN",
      { name: "me" },
    ],
    ["a network's name", 409, "network with name web already exists", "NAME_TAKEN", { name: "me" }],
    [
      "a port in use",
      500,
      "driver failed programming external connectivity on endpoint x (0a): Bind for 127.0.0.1:8000 failed: port is already allocated",
      "PORT_TAKEN",
      { port: 8000 },
    ],
    [
      "a port in use by another program",
      500,
      "driver failed: Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use",
      "PORT_TAKEN",
      { port: 8080 },
    ],
    ["a full disk", 500, "write /var/lib/docker/tmp/x: no space left on device", "DISK_FULL", {}],
    ["no GPU toolkit", 500, 'could not select device driver "" with capabilities: [[gpu]]', "GPU_RUNTIME_MISSING", {}],
    ["no nvidia runtime", 400, "unknown or invalid runtime name: nvidia", "GPU_RUNTIME_MISSING", {}],
    [
      "a GPU that fell off the bus",
      500,
      "nvidia-container-cli: initialization error: nvml error: gpu is lost: unknown",
      "GPU_NOT_FOUND",
      {},
    ],
    [
      "an engine that is being stopped",
      500,
      "transport is closing: unavailable",
      "ENGINE_UNAVAILABLE",
      { reason: "the engine is shutting down" },
    ],
    [
      "a GPU that is gone",
      500,
      "nvidia-container-cli: device error: GPU-123: unknown device: unknown",
      "GPU_NOT_FOUND",
      { gpu: "GPU-123" },
    ],
    [
      "a CDI device that is gone",
      500,
      "CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=GPU-9",
      "GPU_NOT_FOUND",
      { gpu: "nvidia.com/gpu=GPU-9" },
    ],
    [
      "a host path that is missing",
      400,
      'invalid mount config for type "bind": bind source path does not exist: /srv/models',
      "HOST_PATH_MISSING",
      { path: "/srv/models" },
    ],
    [
      "a log driver",
      501,
      "configured logging driver does not support reading",
      "LOG_DRIVER_UNREADABLE",
      { id: "abc", driver: "" },
    ],
    ["anything else", 500, "something new", "ENGINE_ERROR", { status: 500, message: "something new" }],
    ["anything else, kept short", 500, "x".repeat(9000), "ENGINE_ERROR", { status: 500, message: "x".repeat(500) }],
  ])("%s", (_name, status, message, code, details) => {
    const failure = engineFailure(status, message, { id: "abc", image: "img", name: "me" });
    expect({ code: failure.code, details: failure.details }).toEqual({ code, details });
  });

  it("takes time in proportion to a message made to be slow", () => {
    const start = performance.now();
    for (const piece of ["name ", ":1:1", "unresolvable CDI device", "::", "manifest for ", '"']) {
      engineFailure(500, piece.repeat(200_000), {});
    }
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
