/** Secrets and where they are kept. */
import type { KeychainStateView, SecretRow } from "../../../electron/contract/index.ts";
import { hour, now } from "./units.ts";

export function secrets(): SecretRow[] {
  const row = (environment: string, name: string, more: Partial<SecretRow> = {}): SecretRow => ({
    environment,
    name,
    version: 1,
    createdAt: now - 40 * 24 * hour,
    updatedAt: now - 40 * 24 * hour,
    store: "keychain",
    weak: false,
    usedBy: [],
    ...more,
  });
  const use = (containerName: string, version: number, current: boolean) => ({
    hostId: "orion",
    hostName: "orion",
    containerId: "a".repeat(12),
    containerName,
    version,
    current,
  });
  return [
    row("development", "HF_TOKEN"),
    row("staging", "HF_TOKEN", {
      version: 3,
      updatedAt: now - 2 * hour,
      usedBy: [use("chat", 3, true), use("leaky", 2, false)],
    }),
    row("staging", "WANDB_API_KEY", { updatedAt: now - 200 * 24 * hour }),
    row("staging", "TLS_BUNDLE", { store: "sealed", updatedAt: now - 5 * 24 * hour }),
    row("production", "HF_TOKEN", { version: 7, updatedAt: now - 12 * 24 * hour, usedBy: [use("ranker-v4", 7, true)] }),
    row("production", "PIN", { weak: true }),
  ];
}

export function keychain(kind: "keychain" | "unset" | "locked"): KeychainStateView {
  if (kind === "keychain")
    return { mode: "keychain", locked: false, backend: "Secret Service", reason: null, vaultExists: false };
  if (kind === "locked")
    return { mode: "vault", locked: true, backend: "Secret Service", reason: "no D-Bus session", vaultExists: true };
  return {
    mode: "unset",
    locked: false,
    backend: "Secret Service",
    reason: "no D-Bus session was found",
    vaultExists: false,
  };
}
