import { z } from "zod";
import type { EngineProcess } from "../types.ts";
import { flag, number, text, texts } from "./fields.ts";

export const createdContainer = z
  .looseObject({ Id: z.string(), Warnings: texts })
  .transform((from) => ({ id: from.Id, warnings: from.Warnings }));

export const created = z.looseObject({ Id: z.string() }).transform((from) => from.Id);

export const execState = z
  .looseObject({ ExitCode: z.number().nullish(), Running: flag })
  .transform((from) => ({ code: from.ExitCode ?? null, running: from.Running }));

export const processTable = z.looseObject({ Titles: texts, Processes: z.array(z.array(z.string())).nullish() });

/** By the titles: an engine may show other columns than it was asked for. The arguments come last. */
export function processesOf({ Titles, Processes }: z.infer<typeof processTable>): EngineProcess[] {
  const column = (title: string) => (Titles ?? []).indexOf(title);
  const number = (text: string | undefined) => (text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null);
  return (Processes ?? []).map((row) => {
    const kib = number(row[column("RSS")]);
    return {
      pid: number(row[column("PID")]),
      memoryBytes: kib === null ? null : kib * 1024,
      args: row.at(-1) ?? "",
    };
  });
}

export const pullStep = z.looseObject({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.looseObject({ current: z.number().optional(), total: z.number().optional() }).optional(),
});

export const statsSample = z.looseObject({
  read: text,
  cpu_stats: z.looseObject({
    cpu_usage: z.looseObject({ total_usage: number, percpu_usage: z.array(z.number()).nullish() }),
    system_cpu_usage: number,
    online_cpus: number,
  }),
  memory_stats: z
    .looseObject({
      usage: number,
      limit: number,
      stats: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  pids_stats: z.looseObject({ current: number }).nullish(),
});
