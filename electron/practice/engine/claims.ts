import type { Container } from "../container/types.ts";
import type { HostSpec } from "../hostSpecs.ts";
import type { GpuHolder, Gpus } from "../machine/gpus.ts";
import { EngineError } from "./http.ts";

/** Which GPUs a container gets, as UUIDs; fails at start with the engine's words where it can't. */
export function claimGpus(container: Container, spec: HostSpec, gpus: Gpus): string[] {
  const claimed = new Set<string>();
  for (const request of container.hostConfig.DeviceRequests) {
    const capabilities = `[${request.Capabilities.map((set) => `[${set.join(" ")}]`).join(" ")}]`;
    const known = ["", "nvidia", "cdi"].includes(request.Driver);
    if (!spec.engine.gpuToolkit || !known) {
      throw new EngineError(
        500,
        `could not select device driver "${request.Driver}" with capabilities: ${capabilities}`,
      );
    }
    const ids = request.DeviceIDs ?? [];
    if (request.Count !== 0 && ids.length > 0) {
      throw new EngineError(500, "cannot set both Count and DeviceIDs on device request");
    }
    const all = request.Count < 0 || ids.includes("all");
    const wanted = all
      ? gpus.specs
      : ids.length > 0
        ? ids.map((id) => demandGpu(id.replace(/^nvidia\.com\/gpu=/, ""), gpus))
        : gpus.specs.slice(0, request.Count);
    if (request.Count > gpus.specs.length) throw prestartError(`device error: ${gpus.specs.length}: unknown device`);
    for (const gpu of wanted) {
      if (gpus.isLost(gpu)) throw prestartError("initialization error: nvml error: gpu is lost");
      claimed.add(gpu.uuid);
    }
  }
  return [...claimed];
}

function demandGpu(id: string, gpus: Gpus) {
  const found = gpus.specs.find((spec) => spec.uuid === id || String(spec.index) === id);
  if (found === undefined) throw prestartError(`device error: ${id}: unknown device`);
  return found;
}

function prestartError(reason: string): EngineError {
  return new EngineError(
    500,
    "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: " +
      "unable to start container process: error during container init: error running prestart hook #0: exit status 1, " +
      `stdout: , stderr: nvidia-container-cli: ${reason}: unknown`,
  );
}

/** Who holds which GPU: a container's program, or what of it computes. */
export function gpuHolders(containers: readonly Container[]): GpuHolder[] {
  return containers.flatMap((container) => {
    const { program } = container;
    if (program === null) return [];
    const computing = program.more?.().filter(({ computes }) => computes) ?? [
      { pid: program.pid, args: program.argv[0] ?? "" },
    ];
    return container.gpus.flatMap((uuid) =>
      computing.map(({ pid, args }) => ({ uuid, pid, processName: args.split(" ")[0] ?? "" })),
    );
  });
}
