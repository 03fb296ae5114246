import { Failure, type FailureDetails } from "../failure.ts";

/** What a call was about, for the details of its failure. */
export interface Subject {
  id?: string;
  name?: string;
  image?: string;
}

interface Rule {
  /** Of the engine's message, which is all that tells most failures apart: nearly everything is status 500 or 404. */
  says: RegExp;
  failure: (match: RegExpExecArray, subject: Subject) => Failure;
}

const plain =
  (
    code: ConstructorParameters<typeof Failure>[0],
    details: (match: RegExpExecArray, subject: Subject) => FailureDetails,
  ) =>
  (match: RegExpExecArray, subject: Subject) =>
    new Failure(code, details(match, subject));

// The first that matches wins. Messages as of moby 20.10 to 29 and Podman 4.
const rules: Rule[] = [
  { says: /no space left on device/i, failure: plain("DISK_FULL", () => ({})) },
  {
    says: /could not select device driver|unknown or invalid runtime name: ?"?nvidia|unknown runtime specified nvidia/i,
    failure: plain("GPU_RUNTIME_MISSING", () => ({})),
  },
  {
    says: /unresolvable CDI devices? ([^\s:]+)|device error: ?"?([^\s":]+)"?: unknown device|([^\s:"]+): unknown device/i,
    failure: plain("GPU_NOT_FOUND", (match) => ({ gpu: match[1] ?? match[2] ?? match[3] ?? "" })),
  },
  // An engine that is being stopped has lost its containerd already.
  {
    says: /transport is closing|daemon is shutting down/i,
    failure: () => new Failure("ENGINE_UNAVAILABLE", { reason: "the engine is shutting down" }, { retryable: true }),
  },
  // libnvidia-container, when a GPU that was asked for no longer answers.
  { says: /nvml error: gpu is lost/i, failure: plain("GPU_NOT_FOUND", () => ({})) },
  {
    says: /bind source path does not exist: ?([^\n]*)/i,
    failure: plain("HOST_PATH_MISSING", (match) => ({ path: (match[1] ?? "").trim() })),
  },
  {
    says: /:(\d+)(?:\/\w+)?(?: failed)?:? (?:port is already allocated|bind: address already in use)|port is already allocated|address already in use/i,
    failure: plain("PORT_TAKEN", (match) => ({ port: Number(match[1] ?? 0) })),
  },
  {
    says: /does not support reading/i,
    failure: plain("LOG_DRIVER_UNREADABLE", (_, subject) => ({ id: subject.id ?? "", driver: "" })),
  },
  {
    says: /no such container|no container with name or id|no such exec/i,
    failure: plain("CONTAINER_NOT_FOUND", (_, subject) => ({ id: subject.id ?? "" })),
  },
  {
    says: /no such image|image not known|manifest (?:unknown|for .* not found)|repository does not exist|pull access denied|requested access to the resource is denied/i,
    failure: plain("IMAGE_NOT_FOUND", (_, subject) => ({ image: subject.image ?? "" })),
  },
  {
    says: /(?:container )?name ["']?\/?([^"'\s]+)["']? is (?:already )?in use|network with name (\S+) already exists/i,
    failure: plain("NAME_TAKEN", (match, subject) => ({ name: subject.name ?? match[1] ?? match[2] ?? "" })),
  },
];

/** What an engine's refusal means. `message` is the engine's; it is kept short, and only where nothing better is known. */
export function engineFailure(status: number, message: string, subject: Subject): Failure {
  const text = message.slice(0, 4000);
  for (const rule of rules) {
    const match = rule.says.exec(text);
    if (match) return rule.failure(match, subject);
  }
  return new Failure("ENGINE_ERROR", { status, message: text.trim().slice(0, 500) }, { retryable: status === 503 });
}
