/** Refusals that the engine worded otherwise before version 25 (API 1.44); both forms are met in the field. */
export interface Wording {
  notRunning(id: string): string;
  cannotKill(id: string): string;
  cannotRemove(container: { id: string; name: string; status: string }): string;
  unknownRuntime(name: string): string;
  unknownPolicy(name: string): string;
  /** Of a container that runc could not start. */
  startFailed(reason: string): string;
  badFilters: { status: number; message: string };
  badSince(name: string, text: string): { status: number; message: string };
}

/** `apiMinor` is 47 for an engine of API 1.47. */
export function wordingOf(apiMinor: number): Wording {
  return apiMinor < 44 ? older : newer;
}

const parseInt64 = (text: string) => `strconv.ParseInt: parsing "${text}": invalid syntax`;

const older: Wording = {
  notRunning: (id) => `Container ${id} is not running`,
  cannotKill: (id) => `Cannot kill container: ${id}: Container ${id} is not running`,
  cannotRemove: ({ id }) =>
    `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
  unknownRuntime: (name) => `Unknown runtime specified ${name}`,
  unknownPolicy: (name) => `invalid restart policy '${name}'`,
  startFailed: (reason) =>
    `failed to create shim task: OCI runtime create failed: runc create failed: ${reason}: unknown`,
  badFilters: {
    status: 500,
    message: "json: cannot unmarshal number into Go value of type map[string]map[string]bool",
  },
  badSince: (_name, text) => ({ status: 500, message: parseInt64(text) }),
};

const newer: Wording = {
  notRunning: (id) => `container ${id} is not running`,
  cannotKill: (id) => `cannot kill container: ${id}: container ${id} is not running`,
  cannotRemove: ({ name, status }) =>
    `cannot remove container "${name}": container is ${status}: stop the container before removing or force remove`,
  unknownRuntime: (name) => `unknown or invalid runtime name: ${name}`,
  unknownPolicy: (name) =>
    `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
  startFailed: (reason) =>
    `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ${reason}: unknown`,
  badFilters: { status: 400, message: "invalid filter" },
  badSince: (name, text) => ({ status: 400, message: `invalid value for "${name}": ${parseInt64(text)}` }),
};
