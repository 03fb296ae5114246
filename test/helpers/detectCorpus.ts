/**
 * Lines for the detectors: logs as servers write them, without any secret, and synthetic tokens. Tokens are put together
 * when they are wanted, so that no scanner of repositories finds one in this file.
 */
import type { DetectorKind } from "../../electron/contract/detect.ts";

export type Dice = () => number;

/** Marsaglia's xorshift32: the same numbers for the same seed. */
export function dice(seed: number): Dice {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const lower = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
export const alphabets = {
  hex: `${digits}abcdef`,
  alnum: lower + lower.toUpperCase() + digits,
  letters: lower + lower.toUpperCase(),
  token: `${lower}${lower.toUpperCase()}${digits}-_`,
  base64: `${lower}${lower.toUpperCase()}${digits}+/`,
  base32: `${lower.toUpperCase()}234567`,
  bech32: "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
  digits,
};

export function pick<T>(roll: Dice, list: readonly T[]): T {
  return list[Math.floor(roll() * list.length)] as T;
}

export function run(roll: Dice, alphabet: keyof typeof alphabets, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += alphabets[alphabet][Math.floor(roll() * alphabets[alphabet].length)];
  return text;
}

const int = (roll: Dice, most: number) => Math.floor(roll() * most);

function uuid(roll: Dice): string {
  return [8, 4, 4, 4, 12].map((length) => run(roll, "hex", length)).join("-");
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function time(roll: Dice): string {
  return new Date(1_700_000_000_000 + int(roll, 1e10)).toISOString();
}

const models = ["meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen2.5-72B-Instruct-AWQ", "mistralai/Mistral-7B-v0.3"];
const russian = [
  "Загружена модель",
  "Запрос обработан за",
  "Токен обновлён, ключ прежний:",
  "Пароль не задан",
  "Ошибка: нет места",
];

/** One clean line of each kind of writer. */
export const cleanLines: Record<string, (roll: Dice) => string> = {
  uvicorn: (roll) =>
    `INFO:     10.0.${int(roll, 256)}.${int(roll, 256)}:${int(roll, 65536)} - "POST /v1/chat/completions HTTP/1.1" 200 OK`,
  vllm: (roll) =>
    `INFO ${time(roll).slice(5, 19)} [loggers.py:${int(roll, 400)}] Engine 000: Avg prompt throughput: ${(roll() * 900).toFixed(1)} tokens/s, ` +
    `Avg generation throughput: ${(roll() * 900).toFixed(1)} tokens/s, Running: ${int(roll, 64)} reqs, GPU KV cache usage: ${(roll() * 100).toFixed(1)}%`,
  vllmRequest: (roll) =>
    `Received request cmpl-${run(roll, "hex", 32)}: params: SamplingParams(n=1, temperature=${roll().toFixed(2)}, stop_token_ids=[], ` +
    `max_tokens=${int(roll, 8192)}, min_tokens=0, skip_special_tokens=True), prompt_token_ids: [${int(roll, 128000)}, ${int(roll, 128000)}], lora_request: None.`,
  vllmStart: (roll) =>
    `Initializing an LLM engine with config: model='${pick(roll, models)}', tokenizer='${pick(roll, models)}', tokenizer_mode=auto, ` +
    `trust_remote_code=False, eos_token='<|end_of_text|>', pad_token=None, api_key=None, hf_token=None, seed=${int(roll, 1e9)}`,
  nginx: (roll) =>
    `192.168.${int(roll, 256)}.${int(roll, 256)} - - [12/Mar/2026:06:${int(roll, 60)}:11 +0000] "GET /static/js/main.${run(roll, "hex", 8)}.js?v=${run(roll, "hex", 7)} HTTP/2.0" 304 0 ` +
    `"https://console.example.org/hosts/${uuid(roll)}" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"`,
  gateway: (roll) =>
    JSON.stringify({
      ts: time(roll),
      level: pick(roll, ["info", "warn", "debug"]),
      request_id: uuid(roll),
      trace_id: run(roll, "hex", 32),
      route: "/v1/embeddings",
      api_key_id: `key_${int(roll, 1e6)}`,
      tokens: { prompt: int(roll, 4000), completion: int(roll, 900) },
      cache_key: run(roll, "hex", 64),
      next_token: run(roll, "base64", 44),
      model: pick(roll, models),
    }),
  traceback: (roll) =>
    `  File "/usr/local/lib/python3.12/site-packages/vllm/engine/async_llm_engine.py", line ${int(roll, 2000)}, in get_tokenizer_async`,
  tracebackCode: (roll) =>
    pick(roll, [
      "    token = self.tokenizer.decode(token_ids[prefix_offset:read_offset], skip_special_tokens=True)",
      '    raise ValueError(f"Invalid token: {token!r}, expected one of {sorted(self.vocab)[:10]}")',
      "    auth_token = request.headers.get('Authorization', '').removeprefix('Bearer ')",
      "KeyError: 'model.layers.31.self_attn.q_proj.weight_scale_inv'",
      "    password = getpass.getpass(prompt='Password for the vault: ')",
      "    secret_key=os.environ[\"AWS_SECRET_ACCESS_KEY\"], token=os.getenv('HF_TOKEN'), key=lambda item: item.score)",
    ]),
  cyrillic: (roll) =>
    `${time(roll)} ${pick(roll, russian)} ${int(roll, 9000)} мс, модель ${pick(roll, models)}, поток №${int(roll, 64)}`,
  hashes: (roll) =>
    pick(roll, [
      `Digest: sha256:${run(roll, "hex", 64)}`,
      `Status: Downloaded newer image for nvcr.io/nvidia/tritonserver@sha256:${run(roll, "hex", 64)}`,
      `HEAD is now at ${run(roll, "hex", 7)} fix: token counting (#${int(roll, 9999)})`,
      `commit ${run(roll, "hex", 40)} (HEAD -> main, origin/main)`,
      `etag="${run(roll, "hex", 32)}-${int(roll, 40)}" key=models/llama/${run(roll, "hex", 40)}/model-00001-of-00004.safetensors`,
    ]),
  uuids: (roll) => `GPU-${uuid(roll)} assigned to job=${uuid(roll)} request_token=${uuid(roll)} key: ${uuid(roll)}`,
  images: (roll) => `{"image_url":{"url":"data:image/png;base64,${run(roll, "base64", 200 + int(roll, 1200))}=="}}`,
  kernel: (roll) =>
    `[${(roll() * 99999).toFixed(6)}] NVRM: Xid (PCI:0000:${run(roll, "hex", 2)}:00): 79, pid=${int(roll, 99999)}, GPU has fallen off the bus.`,
  sshd: (roll) =>
    `Accepted publickey for root from 10.1.2.3 port ${int(roll, 65536)} ssh2: ED25519 SHA256:${run(roll, "base64", 43)}`,
  jupyter: () => "[I ServerApp] Jupyter Server 2.14 is running at: http://gpu-01:8888/lab?token=...",
  docker: (roll) =>
    `time="${time(roll)}" level=info msg="loading plugin" type=io.containerd.snapshotter.v1 id=${run(roll, "hex", 64)}`,
  download: (roll) =>
    `model-0000${int(roll, 9)}-of-00009.safetensors: ${int(roll, 100)}%|████▌     | 2.21G/4.98G [00:${int(roll, 60)}<01:02, 44.6MB/s]`,
};

/** Lines as a mixed log has them. */
export function cleanCorpus(count: number, seed: number): string[] {
  const roll = dice(seed);
  const makers = Object.values(cleanLines);
  return Array.from({ length: count }, () => pick(roll, makers)(roll));
}

/** A synthetic secret in the place where it would stand; `secret` is what must not be left. */
export interface Planted {
  kind: DetectorKind;
  line: string;
  secret: string;
}

type Maker = (roll: Dice) => string;
const join = (...parts: string[]) => parts.join("");

/** Tokens with a shape of their own, by kind. */
export const shapes: [DetectorKind, string, Maker][] = [
  ...["p", "o", "u", "s", "r"].map((type): [DetectorKind, string, Maker] => [
    "github",
    `gh${type}`,
    (roll) => join("gh", type, "_", run(roll, "alnum", 36)),
  ]),
  ["github", "fine-grained", (roll) => join("github", "_pat_", run(roll, "alnum", 22), "_", run(roll, "alnum", 59))],
  ["gitlab", "personal", (roll) => join("gl", "pat-", run(roll, "token", 18), "aZ9")],
  ["gitlab", "trigger", (roll) => join("gl", "ptt-", run(roll, "hex", 40))],
  ["gitlab", "runner", (roll) => join("gl", "rt-", run(roll, "token", 18), "b2")],
  ["huggingface", "user", (roll) => join("hf", "_", run(roll, "letters", 34))],
  ["huggingface", "organisation", (roll) => join("api", "_org_", run(roll, "letters", 34))],
  ["aws", "long-lived id", (roll) => join("AK", "IA", run(roll, "base32", 16))],
  ["aws", "temporary id", (roll) => join("AS", "IA", run(roll, "base32", 16))],
  ["google", "API key", (roll) => join("AI", "za", run(roll, "token", 35))],
  ["google", "access token", (roll) => join("ya", "29.", run(roll, "token", 120), "x1")],
  ["google", "client secret", (roll) => join("GOC", "SPX-", run(roll, "token", 28))],
  [
    "slack",
    "bot",
    (roll) => join("xo", "xb-", run(roll, "digits", 12), "-", run(roll, "digits", 12), "-", run(roll, "alnum", 24)),
  ],
  [
    "slack",
    "app",
    (roll) => join("xa", "pp-1-A", run(roll, "digits", 10), "-", run(roll, "digits", 13), "-", run(roll, "hex", 64)),
  ],
  ["openai", "project", (roll) => join("sk", "-proj-", run(roll, "token", 74), "T3Blbk", "FJ", run(roll, "token", 74))],
  ["openai", "legacy", (roll) => join("sk", "-", run(roll, "alnum", 20), "T3Blbk", "FJ", run(roll, "alnum", 20))],
  ["openai", "router", (roll) => join("sk", "-or-v1-", run(roll, "hex", 64))],
  ["anthropic", "API key", (roll) => join("sk", "-ant-api03-", run(roll, "token", 93), "AA")],
  ["nvidia", "NGC", (roll) => join("nv", "api-", run(roll, "token", 62), "b7")],
  ["vault", "service", (roll) => join("hv", "s.CAES", run(roll, "token", 90), "0a")],
  ["docker", "personal", (roll) => join("dckr", "_pat_", run(roll, "token", 27))],
  ["databricks", "personal", (roll) => join("da", "pi", run(roll, "hex", 32))],
  ["npm", "access", (roll) => join("np", "m_", run(roll, "alnum", 36))],
  ["pypi", "upload", (roll) => join("pypi", "-AgEIcHlwaS5vcmc", run(roll, "token", 150))],
  ["stripe", "live", (roll) => join("sk", "_live_", run(roll, "alnum", 97), "q8")],
  ["stripe", "restricted", (roll) => join("rk", "_test_", run(roll, "alnum", 24), "3c")],
  ["sendgrid", "API key", (roll) => join("S", "G.", run(roll, "token", 22), ".", run(roll, "token", 43))],
  ["digitalocean", "personal", (roll) => join("dop", "_v1_", run(roll, "hex", 64))],
  ["grafana", "service account", (roll) => join("gl", "sa_", run(roll, "alnum", 32), "_", run(roll, "hex", 8))],
  ["groq", "API key", (roll) => join("gs", "k_", run(roll, "alnum", 52))],
  ["perplexity", "API key", (roll) => join("pp", "lx-", run(roll, "alnum", 48))],
  ["replicate", "API key", (roll) => join("r", "8_", run(roll, "alnum", 37))],
  ["telegram", "bot", (roll) => join(String(1e8 + int(roll, 8e8)), ":A", "A", run(roll, "token", 33))],
  ["yandex", "API key", (roll) => join("AQ", "VN", run(roll, "token", 35))],
  ["age", "identity", (roll) => join("AGE-", "SECRET-", "KEY-1", run(roll, "bech32", 58))],
  [
    "jwt",
    "signed",
    (roll) =>
      join(
        base64url({ alg: "HS256", typ: "JWT" }),
        ".",
        base64url({ sub: uuid(roll), iat: int(roll, 2e9) }),
        ".",
        run(roll, "token", 43),
      ),
  ],
];

/** Secrets known by their place, by kind: the line with `secret` in it. */
export const places: [DetectorKind, string, (roll: Dice) => Omit<Planted, "kind">][] = [
  place(
    "jupyter",
    "address",
    (roll) => run(roll, "hex", 48),
    (secret) => `    http://gpu-01:8888/lab?token=${secret}`,
  ),
  place(
    "url-password",
    "connection string",
    (roll) => run(roll, "alnum", 14),
    (secret) => `postgres://app:${secret}@db:5432/app`,
  ),
  place(
    "authorization",
    "bearer",
    (roll) => `${run(roll, "token", 38)}a1`,
    (secret) => `> Authorization: Bearer ${secret}`,
  ),
  place(
    "authorization",
    "JSON",
    (roll) => run(roll, "alnum", 40),
    (secret) => `{"headers":{"authorization":"Token ${secret}"}}`,
  ),
  place(
    "authorization",
    "basic",
    (roll) => Buffer.from(`ada:${run(roll, "alnum", 12)}`).toString("base64"),
    (secret) => `Authorization: Basic ${secret}`,
  ),
  place(
    "api-key",
    "header",
    (roll) => `${run(roll, "alnum", 31)}7`,
    (secret) => `x-api-key: ${secret}`,
  ),
  place(
    "curl",
    "user",
    (roll) => run(roll, "alnum", 12),
    (secret) => `+ curl -sS -u robot:${secret} https://registry.example.org/v2/`,
  ),
  place(
    "docker",
    "config",
    (roll) => Buffer.from(`ada:${run(roll, "alnum", 20)}`).toString("base64"),
    (secret) => `{"auths":{"nvcr.io":{"auth": "${secret}"}}}`,
  ),
  place(
    "aws",
    "secret key",
    (roll) => `${run(roll, "base64", 39)}7`,
    (secret) => `aws_secret_access_key = ${secret}`,
  ),
  place(
    "aws",
    "signature",
    (roll) => run(roll, "hex", 64),
    (secret) => `GET https://b.s3.amazonaws.com/x?X-Amz-Signature=${secret}&v=1`,
  ),
  place(
    "azure",
    "account key",
    (roll) => `${run(roll, "base64", 86)}==`,
    (secret) => `AccountName=x;AccountKey=${secret};EndpointSuffix=core.windows.net`,
  ),
  place(
    "npm",
    "npmrc",
    (roll) => `${run(roll, "alnum", 35)}1`,
    (secret) => `//registry.example.org/:_authToken=${secret}`,
  ),
  place(
    "slack",
    "webhook",
    (roll) => `T${run(roll, "base32", 8)}/B${run(roll, "base32", 8)}/${run(roll, "alnum", 23)}1`,
    (secret) => `POST https://hooks.slack.com/services/${secret}`,
  ),
];

function place(
  kind: DetectorKind,
  title: string,
  make: Maker,
  put: (secret: string) => string,
): [DetectorKind, string, (roll: Dice) => Omit<Planted, "kind">] {
  return [
    kind,
    title,
    (roll) => {
      const secret = make(roll);
      return { secret, line: put(secret) };
    },
  ];
}

/** `name = value`, as settings and dumps of them have it. */
export const assignments: [string, (secret: string) => string][] = [
  ["shell", (secret) => `export WEBHOOK_SECRET=${secret}`],
  ["quoted", (secret) => `db_password = "${secret}"`],
  ["JSON", (secret) => `{"client_secret":"${secret}","x":1}`],
  ["JSON in JSON", (secret) => `{"body":"{\\"api_key\\": \\"${secret}\\"}"}`],
  ["YAML", (secret) => `  apiKey: ${secret}`],
  ["environment", (secret) => `environ({'WANDB_API_KEY': '${secret}', 'HOME': '/root'})`],
  ["flag", (secret) => `launch --auth-token ${secret} --port 1`],
  ["query", (secret) => `GET /x?access_token=${secret}&page=2`],
];

const around: ((token: string) => string)[] = [
  (token) => token,
  (token) => `using ${token} now`,
  (token) => `TOKEN=${token}`,
  (token) => `{"t":"${token}"}`,
  (token) => `'${token}',`,
  (token) => `https://h/?t=${token}&x=1`,
  (token) => `a%3D${token}`,
  (token) => `line\\n${token}\\n`,
];

/** One line for each shape, place and assignment, `times` over. */
export function plantedCorpus(times: number, seed: number): Planted[] {
  const roll = dice(seed);
  const list: Planted[] = [];
  for (let round = 0; round < times; round++) {
    for (const [kind, , make] of shapes) {
      const secret = make(roll);
      list.push({ kind, secret, line: pick(roll, around)(secret) });
    }
    for (const [kind, , make] of places) list.push({ kind, ...make(roll) });
    for (const [, put] of assignments) {
      const secret = run(roll, "alnum", 24 + int(roll, 16));
      list.push({ kind: "assignment", secret, line: put(secret) });
    }
  }
  return list;
}
