import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** What the tests with real parts need, as Debian's packages, each with a file that shows that it is there. */
const parts = [
  ["docker.io", "/usr/sbin/dockerd"],
  ["openssh-server", "/usr/sbin/sshd"],
  ["openssh-client", "/usr/bin/ssh-keygen"],
  ["gnome-keyring", "/usr/bin/gnome-keyring-daemon"],
  ["dbus", "/usr/bin/dbus-daemon"],
  ["dbus-x11", "/usr/bin/dbus-launch"],
  ["libsecret-1-0", "/var/lib/dpkg/info/libsecret-1-0:amd64.list"],
  ["chromium", "/usr/bin/chromium"],
  ["busybox-static", "/bin/busybox"],
  ["iproute2", "/bin/ip"],
  ["iptables", "/usr/sbin/iptables"],
  ["systemd-journal-remote", "/lib/systemd/systemd-journal-remote"],
  ["jupyter-server", "/usr/bin/jupyter-server"],
  ["jupyter-notebook", "/usr/bin/jupyter-notebook"],
  ["python3-ipykernel", "/usr/share/jupyter/kernels/python3/kernel.json"],
];

/**
 * Installs the missing ones where that is ours to do: as root on Debian, unless `GATEHOUSE_NO_INSTALL=1`. A part that
 * cannot be had is told; the tests that need it say so again when they skip.
 *
 * @param {(line: string) => void} log
 */
export function ensureParts(log) {
  const missing = parts.filter(([name, file]) => !existsSync(file) && !isInstalled(name)).map(([name]) => name);
  if (missing.length === 0) return;
  const why = whyNot();
  if (why !== null) {
    log(`missing for tests with real parts: ${missing.join(" ")} (not installed: ${why})`);
    return;
  }
  log(`installing for tests with real parts: ${missing.join(" ")}`);
  apt(["update"]);
  const { status, stderr } = apt(["install", "-y", "--no-install-recommends", ...missing]);
  if (status !== 0) log(`apt-get failed: ${stderr.trim().split("\n").at(-1)}`);
}

function whyNot() {
  if (process.env.GATEHOUSE_NO_INSTALL === "1") return "GATEHOUSE_NO_INSTALL=1";
  if (!existsSync("/etc/debian_version")) return "not Debian";
  return process.getuid?.() === 0 ? null : "not root";
}

/** Any architecture's name for it, and transitional ones. */
function isInstalled(name) {
  try {
    return new RegExp(`^Package: ${name.replaceAll(".", "\\.")}\\nStatus: install ok installed$`, "m").test(
      readFileSync("/var/lib/dpkg/status", "utf8"),
    );
  } catch {
    return false;
  }
}

function apt(args) {
  // Services that a package would start are not ours to leave running: the tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  return spawnSync("apt-get", ["-qq", "-o", "Dpkg::Use-Pty=0", ...args], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}
