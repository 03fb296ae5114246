/** Secrets and log text for the masking bench, from a seed: the same on every machine. */
import { jsonForms, percent } from "../../electron/core/logs/masking/encoders.ts";

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX = "0123456789abcdef";
const SPECIAL = `${ALPHANUMERIC}!#$%&*+-./:<=>?@_`;

/** xorshift32: whole numbers below `n`. */
export type Dice = (n: number) => number;

export function dice(seed: number): Dice {
  let state = seed | 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

function word(roll: Dice, alphabet: string, length: number): string {
  let out = "";
  for (let i = 0; i < length; i++) out += alphabet[roll(alphabet.length)];
  return out;
}

const uuid = (roll: Dice): string => [8, 4, 4, 4, 12].map((n) => word(roll, HEX, n)).join("-");

export function jwt(roll: Dice): string {
  const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString("base64url");
  const body = Buffer.from(`{"sub":"${word(roll, HEX, 12)}","iat":17${word(roll, "0123456789", 8)}}`);
  return `${header}.${body.toString("base64url")}.${word(roll, `${ALPHANUMERIC}-_`, 43)}`;
}

const kinds: ((roll: Dice) => string)[] = [
  (roll) => `hf_${word(roll, ALPHANUMERIC, 34)}`,
  (roll) => `sk-${word(roll, ALPHANUMERIC, 48)}`,
  (roll) => `sk-proj-${word(roll, `${ALPHANUMERIC}-_`, 80)}`,
  (roll) => `ghp_${word(roll, ALPHANUMERIC, 36)}`,
  (roll) => word(roll, HEX, 32),
  (roll) => word(roll, HEX, 64),
  uuid,
  (roll) => Buffer.from(word(roll, SPECIAL, 24)).toString("base64"),
  (roll) => word(roll, SPECIAL, 12 + roll(9)),
  (roll) => word(roll, SPECIAL, 8 + roll(4)),
  (roll) => `AKIA${word(roll, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)}`,
  jwt,
  (roll) => `glpat-${word(roll, ALPHANUMERIC, 20)}`,
  (roll) => `nvapi-${word(roll, `${ALPHANUMERIC}-_`, 64)}`,
];

export function makeSecrets(count: number, roll: Dice): { name: string; value: Buffer }[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = kinds[i % kinds.length] as (roll: Dice) => string;
    return { name: `SECRET_${i}`, value: Buffer.from(kind(roll)) };
  });
}

const words = (
  "request response model loaded prompt tokens generated throughput running waiting pending cache usage block " +
  "engine worker layer weights shard checkpoint gpu memory utilization batch size sequence length finished aborted"
).split(" ");

function phrase(roll: Dice, count: number): string {
  return Array.from({ length: count }, () => words[roll(words.length)]).join(" ");
}

const lines: ((roll: Dice) => string)[] = [
  (roll) =>
    `INFO:     10.0.${roll(256)}.${roll(256)}:${roll(65536)} - "POST /v1/chat/completions HTTP/1.1" ${200 + roll(4)} OK`,
  (roll) =>
    `INFO 11-22 1${roll(10)}:${10 + roll(50)}:${10 + roll(50)} metrics.py:345] Avg prompt throughput: ${roll(9000)}.${roll(10)} tokens/s, ` +
    `Running: ${roll(64)} reqs, Pending: ${roll(9)} reqs, GPU KV cache usage: ${roll(100)}.${roll(10)}%`,
  (roll) =>
    JSON.stringify({
      ts: `2026-11-22T10:${10 + roll(50)}:00Z`,
      level: "info",
      request_id: uuid(roll),
      msg: phrase(roll, 12),
    }),
  (roll) => `\u001b[32mINFO\u001b[0m: ${phrase(roll, 14)} \u001b[1m${roll(1000)} ms\u001b[0m`,
  (roll) =>
    `Loading checkpoint shards: ${roll(100)}%|${"#".repeat(roll(20))}| ${roll(9)}/9 [00:0${roll(10)}<00:0${roll(10)}]\r`,
  (roll) => `DEBUG:${words[roll(words.length)]}:${phrase(roll, 22)} id=${word(roll, HEX, 16)}`,
  () => "모델을 불러오는 중입니다 요청을 처리했습니다 완료",
  (roll) => `[WARN] ${phrase(roll, 10)} path=/models/${word(roll, ALPHANUMERIC, 8)}/config.json retry=${roll(5)}`,
];

export type CorpusKind = "hits" | "clean" | "base64" | "jwt";

/** `bytes` of log text; of `hits`, one line in 200 carries one of `secrets` in one of its forms. */
export function makeCorpus(bytes: number, kind: CorpusKind, secrets: readonly { value: Buffer }[], roll: Dice): Buffer {
  const out = Buffer.alloc(bytes + 4096);
  let at = 0;
  for (let n = 0; at < bytes; n++) {
    let line: string;
    if (kind === "base64") line = Buffer.from(phrase(roll, 14) + word(roll, ALPHANUMERIC, 60)).toString("base64");
    else if (kind === "jwt") line = `INFO gateway: ${phrase(roll, 4)} authorization="Bearer ${jwt(roll)}" ok`;
    else line = (lines[n % 41 === 0 ? 6 : roll(lines.length)] as (roll: Dice) => string)(roll);
    if (kind === "hits" && n % 200 === 100)
      line += ` value=${formOf(secrets[roll(secrets.length)]?.value ?? Buffer.alloc(0), roll)}`;
    at += out.write(`${line}\n`, at);
  }
  return out.subarray(0, bytes);
}

function formOf(value: Buffer, roll: Dice): string {
  const text = value.toString();
  switch (roll(4)) {
    case 0:
      return jsonForms(text)[0] ?? text;
    case 1:
      return percent(value, "", true, false);
    case 2:
      return Buffer.from(`${"user:".slice(roll(3))}${text}`).toString("base64");
    default:
      return text;
  }
}
