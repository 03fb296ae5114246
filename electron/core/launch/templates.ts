import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { type Template, template } from "../../contract/containers.ts";
import { Failure, reasonOf } from "../failure.ts";
import type { ServerProfile } from "../inference/index.ts";

const argument = z.string().min(1).max(4096);
const argv = z.array(argument).min(1).max(16);

/** A template with what the launch needs and the form does not. */
const templateFile = template.extend({
  server: z
    .strictObject({
      port: z.number().int().min(1).max(65_535),
      protocol: z.enum(["gatehouse", "openai", "jupyter"]),
      /** Below `/run/secrets`: the key of this start is written here. */
      apiKeyFile: z.string().regex(/^\/run\/secrets\/[A-Za-z0-9_][A-Za-z0-9._-]*$/),
      /** How long the server may take until it accepts calls. */
      readySeconds: z.number().int().min(5).max(7_200),
    })
    .nullable(),
  /** Settings that the image needs whatever the form says. */
  env: z.record(z.string(), z.string()),
  entrypoint: argv.nullable(),
  /** Program of the image that writes standard input to the path appended to it; `null`: a POSIX shell. */
  writer: argv.nullable(),
  /** Program of the image that prints `MODE UID NAME` for each file in `/run/secrets`; `null`: `ls`. */
  lister: argv.nullable(),
  /** The server waits for its secrets before it answers: they go in before "ready" is waited for. */
  secretsFirst: z.boolean(),
  /** For showing what the proof finds: on a simulated host a trace is told and the container stays. */
  keepWhenExposed: z.boolean(),
});

export type LaunchTemplate = z.infer<typeof templateFile>;

const mostTemplates = 200;

/**
 * Every `*.json` of the folder, by name. A file that is no template is the packager's mistake and stops the start:
 * `BAD_INPUT` {file, reason}.
 */
export async function loadTemplates(dir: string): Promise<LaunchTemplate[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith(".json")).sort();
  if (names.length > mostTemplates) throw new Failure("LIMIT_REACHED", { what: "templates", limit: mostTemplates });
  return Promise.all(names.map((name) => readTemplate(join(dir, name))));
}

async function readTemplate(file: string): Promise<LaunchTemplate> {
  const name = basename(file);
  const wrong = (reason: string) => new Failure("BAD_INPUT", { file: name, reason });
  let data: unknown;
  try {
    data = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw wrong(reasonOf(error).slice(0, 200));
  }
  const parsed = templateFile.strict().safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw wrong(`${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  const { id, spec, server, kind } = parsed.data;
  if (`${id}.json` !== name || spec.template !== id) throw wrong("its id, its spec's template and its name differ");
  if ((server === null) !== (kind === "none"))
    throw wrong("a kind that can be asked needs a server, and none has none");
  return parsed.data;
}

export function profileOf(of: LaunchTemplate): ServerProfile | null {
  return of.server === null ? null : { port: of.server.port, protocol: of.server.protocol };
}

/** What the form gets: nothing of how it is done. */
export function publicTemplate(of: LaunchTemplate): Template {
  return template.parse(of);
}

/** Only a server that takes `POST /v1/model/load`, told what to load, can be given a secret in memory. */
export function deliveriesOf(of: LaunchTemplate, hasModel: boolean): readonly ("memory" | "file")[] {
  return of.delivery.filter((way) => way === "file" || (hasModel && of.server?.protocol === "gatehouse"));
}
