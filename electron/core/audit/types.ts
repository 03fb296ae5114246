/** One action, before the audit room gives it its place in the chain. Texts are masked by the room itself. */
export interface AuditInput {
  /** Verb and noun of the field: `container.launch`, `secret.put`, `host.connect`. */
  action: string;
  /** `low` rows may be batched; `high` rows are on disk (fsync) before the promise resolves, or it rejects. */
  severity: "low" | "high";
  /** `IPC`, `SSH`, `DOCKER`, `KEYCHAIN`, `HTTP`. */
  method: string;
  /** The operation: a procedure's name, an engine call (`POST /containers/{id}/start`), a program. */
  path: string;
  /** References only, never values. */
  query?: Record<string, string | number | boolean> | undefined;
  /** The object: `host:gpu-1`, `container:gpu-1/llm`, `secret:production/HF_TOKEN`. */
  target: string;
  /** `intent` is written before a high-severity action starts; its outcome follows with the same requestId. */
  outcome: "intent" | "success" | "failure" | "denied" | "cancelled";
  errorCode?: string | undefined;
  /** Of the action; 0 for an intent. */
  durationMs: number;
  /** Rows of one action share it; a new one is made when absent. */
  requestId?: string | undefined;
}
