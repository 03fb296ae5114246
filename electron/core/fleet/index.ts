export { factProbes, readFacts } from "./facts.ts";
export { type GpuField, type GpuFigures, knownFields, nvidiaTrouble, parseGpuLine, wantedFields } from "./nvidia.ts";
export { createGpuProbe, type GpuProbe, type GpuReading, probeFacts } from "./probe.ts";
