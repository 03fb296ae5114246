import { describe, expect, test } from "vitest";
import { assignments, dice, run } from "../../../../helpers/detectCorpus.ts";
import { screened } from "./setup.ts";

const roll = dice(7);

describe("random values behind the name of a secret", () => {
  test.each(assignments)("%s", (_name, put) => {
    const secret = `${run(roll, "alnum", 27)}a7`;
    expect(screened(put(secret))).toBe(put("[detected:assignment]"));
  });

  test.each<[string, string, string]>([
    ["hexadecimal", `auth_token=${"9f86d081884c7d65"}${"9a2feaa0c55ad015"}`, "auth_token=[detected:assignment]"],
    ["a password with signs", "PASSWORD: 'tr0ub4dor&3xK!q'", "PASSWORD: 'tr0ub4dor&3xK!q'"],
    ["a password in one run", "db.password=k9#Vx2!mQz7pL", "db.password=[detected:assignment]"],
    ["camel case", 'accessKey: "Zq8vN3xB7mK2pR5tW9yC"', 'accessKey: "[detected:assignment]"'],
    ["Python's dump", "{'secret_key': b'Zq8vN3xB7mK2pR5tW9yC'}", "{'secret_key': b'Zq8vN3xB7mK2pR5tW9yC'}"],
    ["Go's sign", 'token := "Zq8vN3xB7mK2pR5tW9yC"', 'token := "[detected:assignment]"'],
    ["Ruby's sign", '"token" => "Zq8vN3xB7mK2pR5tW9yC"', '"token" => "[detected:assignment]"'],
    ["a bare key with a mixed value", "key=Zq8vN3xB7mK2pR5tW9yCd4Fg", "key=[detected:assignment]"],
  ])("%s", (_name, line, expected) => {
    expect(screened(line)).toBe(expected);
  });

  test.each<[string, string]>([
    ["nothing", "token= secret: password="],
    ["a word", "password=correct"],
    ["a variable of the shell", `TOKEN=\${HF_TOKEN:-abcDEF123456789xyz}`],
    ["a template", "api_key: {{ vault.api_key_1234567890 }}"],
    ["a masked value", "HF_TOKEN=********"],
    ["a masked value by name", "token: [secret:Zq8vN3xB7mK2pR5tW9yC]"],
    ["a UUID", "token=550e8400-e29b-41d4-a716-446655440000"],
    ["a digest", `secret: sha256:${"0a1b2c3d".repeat(8)}`],
    ["a commit as a key", `cache_key=${"0a1b2c3d4e".repeat(4)}`],
    ["a commit behind a bare key", `key=${"0a1b2c3d4e".repeat(4)}`],
    ["a file", "token=/run/secrets/Zq8vN3xB7mK2pR5tW9yC"],
    ["an address", "token: https://auth.example.org/realms/Zq8vN3xB7mK2"],
    ["a call", "token = get_token_from_header(request)"],
    ["an attribute", "token=self.tokenizer.eos_token_id_v2"],
    ["a model", "key=meta-llama/Llama-3.1-70B-Instruct"],
    ["a region", "secret=projects/us-east-1a/prod-04"],
    ["a date", "token: 2026-11-22T10:11:12.123456Z"],
    ["a number", "secret=123456789012345678"],
    ["the next page", "next_token=Zq8vN3xB7mK2pR5tW9yC"],
    ["a place in a table", "primary_key=Zq8vN3xB7mK2pR5tW9yCd4Fg"],
    ["one character again and again", "password=aaaaaaaaaaaaaaaa"],
    ["few different characters", "token=abab1212abab1212"],
    ["a placeholder", "API_KEY=your-api-key-1a2b3c4d5e6f7g8h"],
    ["a part of a word", "tokenizer=Zq8vN3xB7mK2pR5tW9yC monkeys: Zq8vN3xB7mK2pR5tW9yC"],
    ["a picture", `"key":"${"iVBORw0KGgoAAAANSUhEUg".repeat(100)}"`],
  ])("is left alone: %s", (_name, line) => {
    expect(screened(line)).toBe(line);
  });

  test("must be refused: nothing, when the layer is off", () => {
    const line = "auth_token=Zq8vN3xB7mK2pR5tW9yC";
    expect(screened(line, { providers: true, assignments: false, pii: true })).toBe(line);
  });
});
