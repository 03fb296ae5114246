import { describe, expect, test } from "vitest";
import { alphabets, dice, places, run, shapes } from "../../../../helpers/detectCorpus.ts";
import { screened } from "./setup.ts";

const roll = dice(20_261_122);

describe("tokens of known issuers", () => {
  test.each(shapes)("%s, %s", (kind, _title, make) => {
    const token = make(roll);
    const hidden = `[detected:${kind}]`;
    expect([
      screened(token),
      screened(`a ${token} b`),
      screened(`X=${token};`),
      screened(`{"t":"${token}"}`),
      screened(`{\\"t\\":\\"${token}\\"}`),
      screened(`?a%3D${token}&x`),
      screened(`\\n${token}\\n`),
      screened(`ключ ${token}, ещё ${make(roll)}`),
    ]).toEqual([
      hidden,
      `a ${hidden} b`,
      `X=${hidden};`,
      `{"t":"${hidden}"}`,
      `{\\"t\\":\\"${hidden}\\"}`,
      `?a%3D${hidden}&x`,
      `\\n${hidden}\\n`,
      `ключ ${hidden}, ещё ${hidden}`,
    ]);
  });

  test.each(shapes.filter(([kind]) => kind !== "jwt" && kind !== "telegram"))(
    "is left alone: %s, %s, cut short, or in a longer word",
    (_kind, _title, make) => {
      const token = make(roll);
      const short = token.slice(0, Math.min(17, token.length - 17));
      expect([screened(short), screened(`word${token.slice(0, 40)}`)]).toEqual([short, `word${token.slice(0, 40)}`]);
    },
  );

  const p = (...parts: string[]) => parts.join("");
  test.each<[string, string]>([
    ["an id of AWS's own examples", p("AKI", "AIOSFODNN7EXAMPLE")],
    ["a token of x", p("gh", "p_", "x".repeat(36))],
    ["a token with the word example in it", p("sk", "-ant-api03-", "EXAMPLE0".repeat(8))],
    ["an id of AWS with one character too many", p("AK", "IA", "QWERTYUIOPASDFGHJ2")],
    ["an id of AWS with a digit that base32 lacks", p("AK", "IA", "QWERTYUIOPASDF18")],
    ["an option of npm", "npm_config_registry_and_cache_lower_case_name=1"],
    ["a function of Hugging Face", "hf_hub_download_with_retries_and_backoff(repo)"],
    ["a dash-joined name", "sk-learn-pipeline-with-many-steps-and-a-long-name"],
    ["a digest behind dapi", p("dapi", "-", "a1".repeat(16))],
    ["three base64 parts that are no JWT", p("eyJ", "a".repeat(20), ".", "b".repeat(20), ".", "c".repeat(20))],
    ["a public key", "-----BEGIN PUBLIC KEY-----"],
    ["a certificate", "-----BEGIN CERTIFICATE----- MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkq"],
  ])("is left alone: %s", (_name, line) => {
    expect(screened(line)).toBe(line);
  });
});

describe("secrets known by their place", () => {
  test.each(places)("%s, %s", (kind, _title, make) => {
    const { line, secret } = make(roll);
    expect(screened(line)).toBe(line.replace(secret, `[detected:${kind}]`));
  });

  test.each<[string, string, string]>([
    ["the user stays", "amqp://guest:gu-est1@mq:5672/%2f", "amqp://guest:[detected:url-password]@mq:5672/%2f"],
    ["a user that is masked", "amqp://[secret:USER]:gu-est1@mq", "amqp://[secret:USER]:[detected:url-password]@mq"],
    ["an at sign inside", "redis://:p@ss@w0rd@cache:6379", "redis://:[detected:url-password]@cache:6379"],
    [
      "two addresses",
      "http://a:b1@h https://c:d2@h",
      "http://a:[detected:url-password]@h https://c:[detected:url-password]@h",
    ],
    [
      "escaped JSON",
      '{\\"Authorization\\": \\"Bearer abc123def456\\"}',
      '{\\"Authorization\\": \\"Bearer [detected:authorization]\\"}',
    ],
    [
      "a proxy's header",
      "Proxy-Authorization: Basic dXNlcjpwYXNz",
      "Proxy-Authorization: Basic [detected:authorization]",
    ],
    ["curl with a long option", "curl --user 'a:hunter22' h", "curl --user 'a:[detected:curl]' h"],
  ])("%s", (_name, line, expected) => {
    expect(screened(line)).toBe(expected);
  });

  test.each<[string, string]>([
    ["an address without a password", "ssh://git@host/x and http://host:8080/a@b"],
    ["a port and a path with a sign", "GET http://host:8080/@scope/pkg"],
    ["a variable", `postgres://app:\${DB_PASSWORD}@db/app`],
    ["a template", "postgres://app:{{ password }}@db/app"],
    ["a masked one", "postgres://app:[secret:DB_PASSWORD]@db/app"],
    ["stars", "postgres://app:********@db/app"],
    ["a header without a value", "missing header Authorization: required"],
    ["a header with a variable", "curl -H 'Authorization: Bearer $TOKEN'"],
    ["a scheme in prose", "Bearer authentication is not supported here"],
    ["Jupyter's dots", "http://localhost:8888/lab?token=..."],
    ["a count of tokens", "max_tokens=4096 token=17"],
    ["another program's -u", "python3 -u run:main"],
    ["a public digest as a token of another length", `token=${"ab".repeat(10)}`],
  ])("is left alone: %s", (_name, line) => {
    expect(screened(line)).toBe(line);
  });
});

test("the alphabets hold no character twice", () => {
  expect(Object.values(alphabets).filter((alphabet) => new Set(alphabet).size !== alphabet.length)).toEqual([]);
  expect(run(dice(1), "hex", 8)).toHaveLength(8);
});
