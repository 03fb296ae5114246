/** Which folders of a host a container must not see. Pure functions on absolute paths as Linux writes them. */

/** What the same place is also called: links that every current distribution or container desktop has. */
const aliases: readonly (readonly [from: string, to: string])[] = [
  ["/host_mnt", ""],
  ["/private", ""],
  ["/var/run", "/run"],
  ["/var/lock", "/run/lock"],
  ["/bin", "/usr/bin"],
  ["/sbin", "/usr/sbin"],
  ["/lib", "/usr/lib"],
  ["/lib32", "/usr/lib32"],
  ["/lib64", "/usr/lib64"],
];

/** `*` stands for any one name. */
const sensitivePlaces: readonly string[] = [
  "/etc",
  "/proc",
  "/sys",
  "/boot",
  "/dev",
  "/usr",
  "/root",
  "/var/lib/docker",
  "/var/lib/containerd",
  "/var/lib/containers",
  "/var/lib/kubelet",
  "/var/log",
  "/var/spool/cron",
  "/home/*/.ssh",
  "/home/*/.gnupg",
  "/home/*/.aws",
  "/home/*/.docker",
  "/home/*/.kube",
  "/home/*/.config",
  "/home/*/.local",
];

const engineSockets: readonly string[] = [
  "/run/docker.sock",
  "/run/docker/docker.sock",
  "/run/podman/podman.sock",
  "/run/containerd/containerd.sock",
  "/run/crio/crio.sock",
  "/run/cri-dockerd.sock",
  "/run/buildkit/buildkitd.sock",
  "/run/k3s/containerd/containerd.sock",
  "/run/user/*/docker.sock",
  "/run/user/*/docker/docker.sock",
  "/run/user/*/podman/podman.sock",
  "/run/user/*/containerd/containerd.sock",
  "/home/*/.docker/run/docker.sock",
  "/home/*/.docker/desktop/docker.sock",
];

const engineSocketName = /^(?:docker|podman|containerd|crio|cri-dockerd|dockershim|buildkitd)\.sock$/;

/** One spelling for one place: no `//`, `.`, `..` or end slash, known links followed, lower case. */
export function normalPath(path: string): string {
  const names: string[] = [];
  for (const name of path.toLowerCase().split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") names.pop();
    else names.push(name);
  }
  const plain = `/${names.join("/")}`;
  for (const [from, to] of aliases) {
    // Again from the start: one alias may lead to another (`/private/var/run`).
    if (plain === from || plain.startsWith(`${from}/`)) return normalPath(`${to}${plain.slice(from.length)}` || "/");
  }
  return plain;
}

function namesOf(path: string): string[] {
  return path === "/" ? [] : path.slice(1).split("/");
}

function beginsWith(names: readonly string[], start: readonly string[]): boolean {
  return start.every((name, index) => {
    const other = names[index];
    return other !== undefined && (name === "*" || other === "*" || name === other);
  });
}

/** True when one of both lies in the other, or they are the same. */
export function overlaps(path: string, place: string): boolean {
  const a = namesOf(normalPath(path));
  const b = namesOf(normalPath(place));
  return beginsWith(a, b) || beginsWith(b, a);
}

/** True for `place` itself and all that is below it. */
export function isWithin(path: string, place: string): boolean {
  return beginsWith(namesOf(normalPath(path)), namesOf(normalPath(place)));
}

/** The path is an engine's socket, or a folder that one lies in: whoever has it is root on the host. */
export function reachesEngineSocket(path: string): boolean {
  const names = namesOf(normalPath(path));
  if (engineSocketName.test(names.at(-1) ?? "")) return true;
  return engineSockets.some((socket) => beginsWith(namesOf(socket), names));
}

/** The path is, holds, or lies in a folder that belongs to the host's own system or to a person's credentials. */
export function isSensitivePath(path: string): boolean {
  return sensitivePlaces.some((place) => overlaps(path, place));
}
