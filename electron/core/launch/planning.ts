import type { LaunchSpec, Plan } from "../../contract/containers.ts";
import {
  type CommandOptions,
  judge,
  networkNameOf,
  settingLooksSecret,
  toCommand,
  toCreateBody,
} from "../hardening/index.ts";
import { chooseDelivery, type Delivery } from "../secrets/index.ts";
import { dayOf, policyContext } from "./hostSteps.ts";
import { deliveriesOf, type LaunchTemplate } from "./templates.ts";
import type { LaunchDeps, LaunchHost } from "./types.ts";

/** Judges a spec with what is known already: the host is not asked. */
export async function planOf(
  deps: LaunchDeps,
  spec: LaunchSpec,
  template: LaunchTemplate,
  host: LaunchHost,
): Promise<Plan> {
  await deps.secrets.refresh();
  const context = {
    ...policyContext(deps),
    gpus: host.gpus,
    gpuToolkit: host.gpuToolkit,
    namesTaken: host.containerNames,
  };
  const { findings, score, allowed } = judge(spec, context, dayOf(deps.clock.now()));
  const body = toCreateBody(spec, {
    image: spec.image,
    launchId: "(made at the start)",
    networkName: `gatehouse-${spec.name}`,
    apiVersion: "1.41",
    kind: template.kind,
    serverPort: template.server?.port ?? null,
    env: template.env,
    entrypoint: template.entrypoint,
  });
  const shown = { ...body, Env: Object.entries({ ...spec.env, ...template.env }).map(shownSetting) };
  return {
    findings,
    score,
    allowed,
    command: deps.masker.text(commandOf(spec, template, `gatehouse-${spec.name}`)),
    createBody: deps.masker.text(JSON.stringify(shown, null, 2)),
  };
}

function shownSetting([name, value]: [string, string]): string {
  return `${name}=${settingLooksSecret(name, value) === null ? value : "********"}`;
}

/** The start as `docker run`; a secret that can't be delivered as asked is shown as a file, the judge refuses it. */
export function commandOf(spec: LaunchSpec, template: LaunchTemplate, networkName: string): string {
  const supported = deliveriesOf(template, spec.model !== null);
  const deliveries = spec.secrets.map(({ ref, delivery }): Delivery => {
    try {
      return chooseDelivery(supported, delivery, { name: ref.name, isText: true }).delivery;
    } catch {
      return "file";
    }
  });
  const options: CommandOptions = {
    networkName,
    env: template.env,
    entrypoint: template.entrypoint,
    apiKeyFile: template.server?.apiKeyFile ?? null,
    deliveries,
  };
  return toCommand(spec, options);
}

export function networkOf(spec: LaunchSpec, launchId: string): string | null {
  return spec.network === "host" ? null : networkNameOf(spec.name, launchId);
}
