export function engineName(kind: "docker" | "podman"): string {
  return kind === "docker" ? "Docker" : "Podman";
}
