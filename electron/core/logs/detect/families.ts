import { isSampleBody } from "./allow.ts";
import {
  ALNUM,
  classAt,
  classesIn,
  DASH,
  DIGIT,
  DOT,
  isHex,
  LETTER,
  LOWER,
  startsHere,
  TOKEN,
  UNDER,
  UPPER,
  WORD,
} from "./chars.ts";
import type { DetectorKind, Line, Rule } from "./types.ts";

/** An issued token: a fixed beginning and a body of known characters and length. */
interface Family {
  kind: DetectorKind;
  /** In the case in which it is issued. */
  prefix: string;
  /** Characters of the body. */
  body: number;
  min: number;
  /** A longer run is something else; left out where the beginning alone says enough. */
  max?: number;
  check?: (body: string) => boolean;
}

const hex = (length: number) => (body: string) => body.length >= length && isHex(body, 0, length);
const capitals = (body: string) => /^[A-Z2-7]+$/.test(body);
const mixed = (body: string) => (classesIn(body) & DIGIT) !== 0 && (classesIn(body) & LETTER) !== 0;
/** Random characters nearly always hold a digit; names in code seldom do. */
const random = (body: string) => {
  const seen = classesIn(body);
  return (seen & DIGIT) !== 0 || ((seen & LOWER) !== 0 && (seen & UPPER) !== 0);
};

/** Public formats of the issuers. Ids that only name an account are left out. */
export const families: readonly Family[] = [
  { kind: "github", prefix: "ghp_", body: ALNUM, min: 36 },
  { kind: "github", prefix: "gho_", body: ALNUM, min: 36 },
  { kind: "github", prefix: "ghu_", body: ALNUM, min: 36 },
  { kind: "github", prefix: "ghs_", body: ALNUM, min: 36 },
  { kind: "github", prefix: "ghr_", body: ALNUM, min: 36 },
  { kind: "github", prefix: "github_pat_", body: WORD, min: 60, check: random },
  { kind: "gitlab", prefix: "glpat-", body: TOKEN | DOT, min: 20, check: random },
  { kind: "gitlab", prefix: "gldt-", body: TOKEN, min: 20, check: random },
  { kind: "gitlab", prefix: "glrt-", body: TOKEN | DOT, min: 20, check: random },
  { kind: "gitlab", prefix: "glptt-", body: TOKEN, min: 40, check: hex(40) },
  { kind: "gitlab", prefix: "glcbt-", body: TOKEN, min: 20, check: random },
  { kind: "gitlab", prefix: "gloas-", body: TOKEN, min: 64, check: random },
  { kind: "gitlab", prefix: "glagent-", body: TOKEN, min: 50, check: random },
  { kind: "huggingface", prefix: "hf_", body: ALNUM, min: 30 },
  { kind: "huggingface", prefix: "api_org_", body: ALNUM, min: 30 },
  ...["AKIA", "ASIA", "ABIA", "ACCA"].map(
    (prefix): Family => ({ kind: "aws", prefix, body: WORD, min: 16, max: 16, check: capitals }),
  ),
  { kind: "google", prefix: "AIza", body: TOKEN, min: 35, max: 35 },
  { kind: "google", prefix: "ya29.", body: TOKEN | DOT, min: 30, check: random },
  { kind: "google", prefix: "GOCSPX-", body: TOKEN, min: 28 },
  ...["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xapp-"].map(
    (prefix): Family => ({ kind: "slack", prefix, body: TOKEN | DOT, min: 24, check: mixed }),
  ),
  { kind: "anthropic", prefix: "sk-ant-", body: TOKEN, min: 40, check: random },
  { kind: "openai", prefix: "sk-proj-", body: TOKEN, min: 40, check: random },
  { kind: "openai", prefix: "sk-svcacct-", body: TOKEN, min: 40, check: random },
  { kind: "openai", prefix: "sk-admin-", body: TOKEN, min: 40, check: random },
  { kind: "openai", prefix: "sk-or-v1-", body: TOKEN, min: 64, check: hex(64) },
  { kind: "openai", prefix: "sk-", body: TOKEN, min: 32, max: 64, check: (body) => mixed(body) && !/[-_]/.test(body) },
  { kind: "nvidia", prefix: "nvapi-", body: TOKEN, min: 40, check: random },
  ...["hvs.", "hvb.", "hvr."].map((prefix): Family => ({ kind: "vault", prefix, body: TOKEN, min: 24, check: random })),
  { kind: "docker", prefix: "dckr_pat_", body: TOKEN, min: 24 },
  { kind: "docker", prefix: "dckr_oat_", body: TOKEN, min: 24 },
  { kind: "databricks", prefix: "dapi", body: WORD, min: 32, max: 32, check: hex(32) },
  { kind: "npm", prefix: "npm_", body: ALNUM, min: 36, max: 36 },
  { kind: "pypi", prefix: "pypi-AgE", body: TOKEN, min: 50 },
  ...["sk", "rk"].flatMap((key) =>
    ["live", "test", "prod"].map(
      (mode): Family => ({ kind: "stripe", prefix: `${key}_${mode}_`, body: ALNUM, min: 16, check: random }),
    ),
  ),
  { kind: "stripe", prefix: "whsec_", body: ALNUM | 64 | 128, min: 32 },
  { kind: "sendgrid", prefix: "SG.", body: TOKEN | DOT, min: 66, max: 66, check: (body) => body[22] === "." },
  ...["dop_v1_", "doo_v1_", "dor_v1_"].map(
    (prefix): Family => ({ kind: "digitalocean", prefix, body: ALNUM, min: 64, check: hex(64) }),
  ),
  { kind: "grafana", prefix: "glsa_", body: WORD, min: 41, max: 41, check: (body) => body[32] === "_" },
  { kind: "grafana", prefix: "glc_", body: ALNUM | 64 | 128, min: 32, check: random },
  { kind: "groq", prefix: "gsk_", body: ALNUM, min: 48, max: 60 },
  { kind: "perplexity", prefix: "pplx-", body: ALNUM, min: 48, max: 64 },
  { kind: "replicate", prefix: "r8_", body: ALNUM, min: 37, max: 40 },
  { kind: "yandex", prefix: "AQVN", body: TOKEN, min: 35, max: 36 },
  { kind: "yandex", prefix: "y0_", body: TOKEN, min: 50, check: random },
  { kind: "age", prefix: "AGE-SECRET-KEY-1", body: ALNUM, min: 58, check: (body) => /^[02-9AC-HJ-NP-Z]+$/.test(body) },
];

export const familyRules: readonly Rule[] = families.map((family) => ({
  layer: "providers",
  keywords: [family.prefix.toLowerCase()],
  scan: (line, start, end) => scanFamily(family, line, start, end),
}));

function scanFamily({ kind, prefix, body, min, max, check }: Family, line: Line, start: number, end: number): void {
  const { text } = line;
  if (!text.startsWith(prefix, start) || !beginsToken(text, start, body)) return;
  const to = line.runs.end(body, end);
  if (to - end < min || (max !== undefined && to - end > max)) return;
  // What may stand in the body but not next to it would make an exact length a part of something longer.
  if (max !== undefined && (classAt(text, to) & (UNDER | DASH) & ~body) !== 0) return;
  // Longer than any token is; the rest goes with it.
  const value = text.slice(end, Math.min(to, end + 512));
  if (isSampleBody(value) || check?.(value) === false) return;
  line.add(start, to, kind);
}

/** Not in the middle of a run of the body: each run is then judged once, and a token inside a longer one is none. */
function beginsToken(text: string, start: number, body: number): boolean {
  return startsHere(text, start) && (classAt(text, start - 1) & body & (DASH | DOT)) === 0;
}
