import { z } from "zod";
import type { ImageDetail, ImageSummary } from "../types.ts";
import { anyRecord, labels, number, text, texts, timeOf, wordOrWords } from "./fields.ts";

export const listedImage = z
  .looseObject({ Id: z.string(), RepoTags: texts, RepoDigests: texts, Size: number, Created: number })
  .transform(
    (from): ImageSummary => ({
      id: from.Id,
      tags: from.RepoTags.filter((tag) => tag !== "<none>:<none>"),
      digests: from.RepoDigests.filter((digest) => digest !== "<none>@<none>"),
      sizeBytes: from.Size,
      createdAt: from.Created * 1000,
    }),
  );

const imageConfig = z.looseObject({
  User: text,
  Env: texts,
  Entrypoint: wordOrWords,
  Cmd: texts,
  ExposedPorts: anyRecord,
  Volumes: anyRecord,
  Labels: labels,
  Healthcheck: z.looseObject({ Test: texts }).nullish(),
});

export const inspectedImage = z
  .looseObject({
    Id: z.string(),
    RepoTags: texts,
    RepoDigests: texts,
    Size: number,
    Created: text,
    Config: imageConfig.nullish(),
  })
  .transform((from): Omit<ImageDetail, "history"> => {
    const about = from.Config;
    const test = about?.Healthcheck?.Test ?? [];
    return {
      id: from.Id,
      tags: from.RepoTags,
      digests: from.RepoDigests,
      sizeBytes: from.Size,
      createdAt: timeOf(from.Created) ?? 0,
      user: about?.User ?? "",
      env: about?.Env ?? [],
      entrypoint: about?.Entrypoint ?? [],
      command: about?.Cmd ?? [],
      exposedPorts: Object.keys(about?.ExposedPorts ?? {}),
      volumes: Object.keys(about?.Volumes ?? {}),
      labels: about?.Labels ?? {},
      hasHealthcheck: test.length > 0 && test[0] !== "NONE",
    };
  });

export const imageHistory = z.array(z.looseObject({ CreatedBy: text }));
