/** The audit log. */
import type { AuditKey, AuditReport, AuditRowView } from "../../../electron/contract/index.ts";
import { hour, never, now } from "./units.ts";

export function auditPage() {
  const actions: readonly (readonly [string, string, string, AuditRowView["outcome"], string | null])[] = [
    ["container.launch", "orion/chat", "DOCKER POST /containers/create", "success", null],
    ["secret.put", "staging/HF_TOKEN", "KEYCHAIN set gatehouse/staging", "success", null],
    ["container.remove", "orion/old-chat", "DOCKER DELETE /containers/{id}", "success", null],
    ["host.connect", "vega", "SSH connect 10.0.3.7:22", "failure", "HOST_UNREACHABLE"],
    ["container.launch", "orion/chat-2", "DOCKER POST /containers/create", "cancelled", "CANCELLED"],
    ["secret.reveal", "production/HF_TOKEN", "KEYCHAIN get gatehouse/production", "denied", "REASON_REQUIRED"],
    ["inference.chat", "orion/chat", "HTTP POST /v1/chat/completions", "success", null],
  ];
  const rows: AuditRowView[] = Array.from({ length: 60 }, (_, index) => {
    const [action, target, operation, outcome, errorCode] = actions[index % actions.length] ?? never();
    const [method = "", ...path] = operation.split(" ");
    return {
      seq: 1204 - index,
      requestId: `0193-${index}`,
      at: now - index * 97_000,
      actor: "anna",
      action,
      target,
      method,
      path: path.join(" "),
      query: {},
      outcome,
      errorCode,
      severity: action.startsWith("inference") ? "low" : "high",
      durationMs: 12 + index * 31,
      clientIp: "127.0.0.0/24",
      hash: "9f2c41d07be3a55e".repeat(4),
    };
  });
  return { rows, total: 1204, more: true, newest: now };
}

/** The example of RFC 8410. */
export const auditKey: AuditKey = {
  fingerprint: "SHA256:oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTaB8",
  pem: "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
};

export const report: AuditReport = {
  verdict: "whole",
  records: 1204,
  segments: 2,
  checkpoints: 12,
  firstAt: now - 30 * 24 * hour,
  lastAt: now,
  damage: [],
  unchecked: [],
  durationMs: 38,
};
