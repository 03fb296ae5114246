/** Secrets and personal data that nobody registered: what the detectors tell apart, and which of them are on. */
import { z } from "zod";

export const detectorKinds = [
  // Issued tokens, known by their shape.
  "github",
  "gitlab",
  "huggingface",
  "aws",
  "google",
  "slack",
  "openai",
  "anthropic",
  "nvidia",
  "vault",
  "docker",
  "databricks",
  "npm",
  "pypi",
  "stripe",
  "sendgrid",
  "digitalocean",
  "grafana",
  "groq",
  "perplexity",
  "replicate",
  "telegram",
  "yandex",
  "azure",
  "age",
  "jwt",
  "private-key",
  // Known by where they stand.
  "jupyter",
  "url-password",
  "authorization",
  "api-key",
  "curl",
  // `name = value` with a value that looks random.
  "assignment",
  // Personal data.
  "email",
  "phone",
  "card",
  "iban",
  "ru-passport",
  "snils",
  "inn",
] as const;

export const detectorKind = z.enum(detectorKinds);
export type DetectorKind = z.infer<typeof detectorKind>;

/** Layers that are switched one by one. */
export const detectors = z.strictObject({
  /** Tokens of known issuers, private keys, passwords in URLs and headers. */
  providers: z.boolean(),
  /** `secret = value` where the value looks random. */
  assignments: z.boolean(),
  /** E-mail addresses, phones, cards, IBAN, Russian passport, SNILS, INN. */
  pii: z.boolean(),
});
export type Detectors = z.infer<typeof detectors>;

/** How often each kind was found. */
export const detectedCounts = z.array(z.object({ kind: detectorKind, count: z.number().int() }));
