import { z } from "zod";
import type { EngineEvent, EngineInfo } from "../types.ts";
import { anyRecord, labels, number, text, texts } from "./fields.ts";

const discovered = z.looseObject({ Source: text, ID: text });

export const systemInfo = z
  .looseObject({
    OperatingSystem: text,
    Architecture: text,
    NCPU: number,
    MemTotal: number,
    Driver: text,
    LoggingDriver: text,
    CgroupVersion: text,
    Runtimes: anyRecord,
    DiscoveredDevices: z
      .array(discovered)
      .nullish()
      .transform((value) => value ?? []),
    SecurityOptions: texts,
    Warnings: texts,
  })
  .transform((from): Omit<EngineInfo, "kind" | "version" | "apiVersion" | "socketPath"> => {
    const runtimes = Object.keys(from.Runtimes);
    const cdi = from.DiscoveredDevices.some((device) => device.Source === "cdi" && /^nvidia\.com\//.test(device.ID));
    return {
      rootless: from.SecurityOptions.some((option) => option.split(",").includes("name=rootless")),
      operatingSystem: from.OperatingSystem,
      architecture: from.Architecture,
      cpus: from.NCPU,
      memoryBytes: from.MemTotal,
      storageDriver: from.Driver,
      loggingDriver: from.LoggingDriver,
      cgroupVersion: from.CgroupVersion === "" ? "1" : from.CgroupVersion,
      runtimes,
      gpuToolkit: runtimes.includes("nvidia") || cdi,
      securityOptions: from.SecurityOptions,
      warnings: from.Warnings,
    };
  });

/** `exec_create: sh -c …` has a command line in it, which is nobody's business; `health_status: healthy` is a state. */
function actionOf(action: string): string {
  return /^exec_/.test(action) ? (action.split(":")[0] ?? action) : action;
}

export const engineEvent = z
  .looseObject({
    Type: text,
    Action: text,
    Actor: z.looseObject({ ID: text, Attributes: labels }).nullish(),
    time: number,
    timeNano: number,
  })
  .transform(
    (from): EngineEvent => ({
      type: from.Type,
      action: actionOf(from.Action),
      id: from.Actor?.ID ?? "",
      attributes: attributesOf(from.Action, from.Actor?.Attributes ?? {}),
      at: from.timeNano > 0 ? Math.floor(from.timeNano / 1e6) : from.time * 1000,
    }),
  );

function attributesOf(action: string, attributes: Record<string, string>): Record<string, string> {
  if (!/^exec_/.test(action)) return attributes;
  const { execID, name, image, exitCode } = attributes;
  return Object.fromEntries(
    Object.entries({ execID, name, image, exitCode }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
}
