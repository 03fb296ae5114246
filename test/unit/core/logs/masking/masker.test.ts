import { describe, expect, it } from "vitest";
import { createMasker, type Masker, type MaskerOptions } from "../../../../../electron/core/logs/masking/index.ts";
import { naiveMask, ownedVariants } from "./oracle.ts";

const bytes = (text: string) => Buffer.from(text);

function maskerWith(values: Record<string, string>, options?: MaskerOptions): Masker {
  const masker = createMasker(options);
  for (const [name, value] of Object.entries(values)) masker.register(name, bytes(value));
  return masker;
}

const token = "hf_AbCdEf0123456789xyzXYZ";
const password = `p@ss/wörd "q'u<o>t&e" +1=\\`;
const pem = [
  "-----BEGIN PRIVATE KEY-----",
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
  "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
  "Ag==",
  "-----END PRIVATE KEY-----",
  "",
].join("\n");

describe("what replaces a value", () => {
  const rows: [string, string, string][] = [
    ["the seed's form", `INFO:api_wrapper: Set environment variable: HF_TOKEN=${token}`, "********"],
    ["a shell's form", `HF_TOKEN='${token}'`, "HF_TOKEN='********'"],
    ["YAML", `HF_TOKEN: ${token}\n`, "HF_TOKEN: ********\n"],
    ["JSON", `{"HF_TOKEN":"${token}"}`, '{"HF_TOKEN":"********"}'],
    ["JSON with a blank", `{"HF_TOKEN": "${token}"}`, '{"HF_TOKEN": "********"}'],
    ["JSON in JSON", `"{\\"HF_TOKEN\\":\\"${token}\\"}"`, '"{\\"HF_TOKEN\\":\\"********\\"}"'],
    ["a coloured name", `\u001b[32mHF_TOKEN\u001b[0m=${token}`, "\u001b[32mHF_TOKEN\u001b[0m=********"],
    ["alone", `got ${token}!`, "got [secret:HF_TOKEN]!"],
    ["under another's name", `MY_HF_TOKEN=${token}`, "MY_HF_TOKEN=[secret:HF_TOKEN]"],
    ["the name on the line before", `HF_TOKEN=\n${token}`, "HF_TOKEN=\n[secret:HF_TOKEN]"],
    ["twice in a row", `${token}${token}`, "[secret:HF_TOKEN][secret:HF_TOKEN]"],
    ["in a URL", `https://u:${token}@h/`, "https://u:[secret:HF_TOKEN]@h/"],
  ];
  it.each(rows)("%s", (_, input, expected) => {
    const masked = maskerWith({ HF_TOKEN: token }).text(input);
    expect(masked).toBe(expected === "********" ? input.replace(token, "********") : expected);
  });

  it("the last part of a path is a name too", () => {
    expect(maskerWith({ "prod/HF_TOKEN": token }).text(`HF_TOKEN=${token}`)).toBe("HF_TOKEN=********");
  });

  it("one value of two names: the one that stands before it", () => {
    const masker = maskerWith({ A_TOKEN: token, B_TOKEN: token });
    expect(masker.text(`B_TOKEN=${token} ${token}`)).toBe("B_TOKEN=******** [secret:A_TOKEN]");
  });
});

describe("encodings", () => {
  const base64 = (text: string, kind: "base64" | "base64url" = "base64") => bytes(text).toString(kind);
  const rows: [string, string, string][] = [
    ["raw", password, "raw"],
    ["base64, alone", base64(password), "base64"],
    ["base64 after one byte", base64(`:${password}`), "base64"],
    ["base64 after two bytes", base64(`u:${password}`), "base64"],
    ["base64 with more after it", base64(`${password}@host`), "base64"],
    ["URL-safe base64 after one byte", base64(`~${password}?>`, "base64url"), "base64"],
    ["encodeURIComponent", encodeURIComponent(password), "url"],
    ["percent, lower case", encodeURIComponent(password).replace(/%../g, (x) => x.toLowerCase()), "url"],
    ["a form's plus", new URLSearchParams({ x: password }).toString().slice(2), "url"],
    ["a URL in a URL", encodeURIComponent(encodeURIComponent(password)), "url"],
    ["JSON", JSON.stringify(password), "json"],
    ["JSON, PHP's slash", JSON.stringify(password).replaceAll("/", "\\/"), "json"],
    ["JSON, Python's", JSON.stringify(password).replace("ö", "\\u00f6"), "json"],
    [
      "JSON, Go's",
      JSON.stringify(password).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026"),
      "json",
    ],
    [
      "JSON, .NET's",
      JSON.stringify(password)
        .slice(1, -1)
        .replaceAll('\\"', "\\u0022")
        .replace(/[ö&<>'+]/g, (c) => `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`),
      "json",
    ],
    ["JSON in JSON", JSON.stringify(JSON.stringify(password)), "json"],
    ["hex", bytes(password).toString("hex"), "hex"],
    ["hex, upper case", bytes(password).toString("hex").toUpperCase(), "hex"],
    ["single-quoted by a shell", `'${password.replaceAll("'", "'\\''")}'`, "quoted"],
    ["single-quoted in YAML", `'${password.replaceAll("'", "''")}'`, "quoted"],
    ["double-quoted by a shell", `"${password.replace(/[\\"$`]/g, "\\$&")}"`, "json"],
    [
      "HTML",
      password.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
      "html",
    ],
  ];

  it.each(rows)("%s", (_, encoded, encoding) => {
    const masker = maskerWith({ DB: password });
    const masked = masker.text(`<< ${encoded} >>`);
    expect(masked).toMatch(/^<< ["'\\]*[A-Za-z0-9_-]{0,4}\[secret:DB\][A-Za-z0-9_=-]{0,8}["'\\]* >>$/);
    expect(masker.find(bytes(encoded)).map((hit) => hit.encoding)).toContain(encoding);
  });

  const wide = (text: string, bigEndian: boolean) => {
    const encoded = Buffer.from(text, "utf16le");
    return bigEndian ? encoded.swap16() : encoded;
  };
  it.each([
    ["a plain value, little endian", token, false],
    ["a plain value, big endian", token, true],
    ["letters beyond ASCII, little endian", password, false],
    ["letters beyond ASCII, big endian", password, true],
    ["a character of two units", "pa\u{1f511}ss-word-42", false],
  ])("UTF-16, wherever it is cut: %s", (_, value, bigEndian) => {
    const masker = maskerWith({ DB: value });
    const text = wide(`x=${value};\r\n`, bigEndian);
    // The NUL of a neighbour may be taken for that of the value: the other byte order begins or ends with it.
    const expected = naiveMask(text, ownedVariants([{ name: "DB", value: bytes(value) }]), false);
    expect(expected.replaceAll("\0", "")).toBe("x=[secret:DB];\r\n");
    for (let cut = 0; cut <= text.length; cut++) {
      const stream = masker.stream();
      const out = [stream.push(text.subarray(0, cut)), stream.push(text.subarray(cut)), stream.end()];
      expect(Buffer.concat(out).toString("latin1")).toBe(expected);
    }
    expect(new Set(masker.find(text).map((hit) => hit.encoding))).toEqual(new Set(["utf16"]));
  });

  it("UTF-16, each line of a value of several; a letter with a line feed's byte in it holds no line back", () => {
    const lines = ["first-line-7731", "second-line-8842"];
    const masker = maskerWith({ KEY: lines.join("\n"), ODD: "se\u010acret-9953" });
    const masked = Buffer.from(masker.bytes(wide(`${lines[1]}\n`, false)));
    expect(masked.toString("latin1")).toBe("[secret:KEY]\n\0");
    const stream = maskerWith({ ODD: "se\u010acret-9953" }).stream();
    expect(Buffer.from(stream.push(Buffer.from("s\0e\0\n"))).toString("latin1")).toBe("s\0e\0\n");
  });

  it("a base64 digit that holds only some bits of the value goes too, and the padding with it", () => {
    const masker = maskerWith({ T: token });
    for (const length of [0, 1, 2, 3]) {
      // After `length` foreign bytes, as many digits as those decide alone may stay.
      const encoded = base64(`${"u".repeat(length)}${token}`);
      const kept = encoded.slice(0, Math.floor((length * 8) / 6));
      expect(masker.text(`x ${encoded} y`)).toBe(`x ${kept}[secret:T] y`);
    }
  });
});

describe("several lines", () => {
  const masker = maskerWith({ KEY: pem });
  const rows: [string, string, string][] = [
    ["whole", `a\n${pem}b`, "a\n-----BEGIN PRIVATE KEY-----\n[secret:KEY]\n-----END PRIVATE KEY-----\nb"],
    [
      "with CRLF",
      pem.replaceAll("\n", "\r\n"),
      "-----BEGIN PRIVATE KEY-----\r\n[secret:KEY]\r\n-----END PRIVATE KEY-----\r\n",
    ],
    ["a single line of it", `x ${pem.split("\n")[2]} y`, "x [secret:KEY] y"],
    ["on one line", pem.split("\n").slice(1, 4).join(""), "[secret:KEY]"],
    ["in JSON", JSON.stringify(pem), '"-----BEGIN PRIVATE KEY-----\\n[secret:KEY]\\n-----END PRIVATE KEY-----\\n"'],
    ["in a Kubernetes secret", bytes(pem).toString("base64"), "[secret:KEY]"],
    ["the armour alone", "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\n"],
  ];
  it.each(rows)("%s", (_, input, expected) => {
    expect(masker.text(input)).toBe(expected);
  });
});

describe("overlaps", () => {
  it("a value that is the beginning of another", () => {
    const masker = maskerWith({ SHORT: "abc123def", LONG: "abc123def456ghi" });
    expect(masker.text("abc123def456ghi abc123def456")).toBe("[secret:LONG] [secret:SHORT]456");
  });

  it("values that overlap leave nothing of either", () => {
    const masker = maskerWith({ A: "password12", B: "rd12-XYZ99" });
    expect(masker.text("password12-XYZ99")).toBe("[secret:A]");
  });

  it("an endless self-overlap is one replacement, and holds nothing", () => {
    const masker = maskerWith({ R: "abcdabcdabcd" });
    const stream = masker.stream();
    let out = "";
    for (let i = 0; i < 5000; i++) out += Buffer.from(stream.push(bytes("abcd"))).toString();
    out += Buffer.from(stream.push(bytes("\n"))).toString();
    expect(out).toBe("[secret:R]\n");
  });
});

describe("weak values", () => {
  const weak = { SHORT: "ab1!x", FLAT: "aaaaabbbbbccccc", WORD: "Password1", BLANKS: "  true \n", EMPTY: "" };

  it("are not masked, and said so", () => {
    const masker = maskerWith({ ...weak, GOOD: token });
    const text = Object.values(weak).join(" ");
    expect({ text: masker.text(text), weak: masker.weak() }).toEqual({
      text,
      weak: ["SHORT", "FLAT", "WORD", "BLANKS"],
    });
  });

  it("are masked when the policy forces it", () => {
    const masker = maskerWith(weak, { force: (name) => name !== "WORD" });
    expect(masker.text("ab1!x Password1 it is true")).toBe("[secret:SHORT] Password1 it is [secret:BLANKS]");
    expect(masker.weak()).toEqual(["WORD"]);
  });
});

describe("registering and withdrawing", () => {
  it("a value counts from the very next byte on", () => {
    const masker = createMasker();
    const stream = masker.stream();
    const before = Buffer.from(stream.push(bytes(`${token}\n`))).toString();
    masker.register("T", bytes(token));
    expect([before, Buffer.from(stream.push(bytes(`${token}\n`))).toString()]).toEqual([`${token}\n`, "[secret:T]\n"]);
  });

  it("a withdrawn value passes, and leaves the others", () => {
    const masker = maskerWith({ A: token, B: "0123456789-other", C: token });
    masker.withdraw("A");
    expect(masker.text(`${token} 0123456789-other`)).toBe("[secret:C] [secret:B]");
    masker.withdraw("C");
    masker.withdraw("never there");
    expect(masker.text(`${token} 0123456789-other`)).toBe(`${token} [secret:B]`);
  });

  it("the same name and value again changes nothing; a second value of a name is masked too", () => {
    const masker = maskerWith({ A: token });
    const { patterns } = masker.size();
    masker.register("A", bytes(token));
    expect(masker.size().patterns).toBe(patterns);
    masker.register("A", bytes("second-version-77"));
    expect(masker.text(`${token} second-version-77`)).toBe("[secret:A] [secret:A]");
  });

  it("tens of thousands come and go without leaving anything", () => {
    const masker = maskerWith({ STAYS: token });
    const { patterns, tableBytes } = masker.size();
    for (let round = 0; round < 20; round++) {
      const values = Array.from({ length: 300 }, (_, i) => `value-${round}-${i}-${(i * 7919 + round) % 10007}`);
      for (const [i, value] of values.entries()) masker.register(`N${i}`, bytes(value));
      expect(masker.text(`x ${values[150]} y`)).toBe("x [secret:N150] y");
      for (const i of values.keys()) masker.withdraw(`N${i}`);
      expect(masker.text(`x ${values[150]} ${token}`)).toBe(`x ${values[150]} [secret:STAYS]`);
    }
    expect(masker.size().patterns).toBe(patterns);
    expect(masker.size().tableBytes).toBeLessThan(tableBytes + 4e6);
  });

  it("the caller may overwrite its value at once", () => {
    const masker = createMasker();
    const value = bytes(token);
    masker.register("T", value);
    value.fill(0);
    expect(masker.text(token)).toBe("[secret:T]");
  });
});

describe("streams", () => {
  const masker = maskerWith({ HF_TOKEN: token });
  const out = (part: Uint8Array) => Buffer.from(part).toString();

  it("hold back what may begin a value, and no more", () => {
    const stream = masker.stream();
    expect([
      out(stream.push(bytes("no value here?"))),
      out(stream.push(bytes(` but ${token.slice(0, 10)}`))),
      out(stream.push(bytes(token.slice(10)))),
      out(stream.push(bytes(" end\n"))),
    ]).toEqual(["no value here?", " but ", "", "[secret:HF_TOKEN] end\n"]);
  });

  it("never hold back a complete line", () => {
    const stream = masker.stream();
    const line = bytes(`begins like ${token.slice(0, 12)}\n`);
    expect(stream.push(line)).toBe(line);
  });

  it("give the very same array when nothing was found and nothing is held", () => {
    const chunk = bytes("GET /health 200 \u001b[32mok\u001b[0m!");
    expect(masker.stream().push(chunk)).toBe(chunk);
    expect(masker.bytes(chunk)).toBe(chunk);
  });

  it("replace a secret that the end cut off, and show less than four bytes of one", () => {
    const ends: [string, string][] = [
      [`x ${token.slice(0, 4)}`, "x [secret:HF_TOKEN]"],
      [`HF_TOKEN=${token.slice(0, 20)}`, "HF_TOKEN=[secret:HF_TOKEN]"],
      [`x ${token.slice(0, 3)}`, `x ${token.slice(0, 3)}`],
      [`x ${token.slice(0, 9)}\u001b[3`, "x [secret:HF_TOKEN]"],
    ];
    for (const [text, expected] of ends) {
      const stream = masker.stream();
      expect(out(stream.push(bytes(text))) + out(stream.end())).toBe(expected);
    }
  });

  it("are as new after their end", () => {
    const stream = masker.stream();
    stream.push(bytes(token.slice(0, 10)));
    stream.end();
    expect(out(stream.push(bytes(`${token.slice(10)}\n`)))).toBe(`${token.slice(10)}\n`);
  });

  it("endless colours inside a value neither fill the memory nor let it through", () => {
    const stream = masker.stream();
    let shown = out(stream.push(bytes(token.slice(0, 10))));
    for (let i = 0; i < 20_000; i++) shown += out(stream.push(bytes("\u001b[31m")));
    shown += out(stream.push(bytes(`${token.slice(10)}\n`)));
    expect(shown).toBe("[secret:HF_TOKEN]\n");
  });

  it("what endless colours held back is shown without them when it is no value", () => {
    const stream = masker.stream();
    let shown = out(stream.push(bytes(token.slice(0, 10))));
    for (let i = 0; i < 2_000; i++) shown += out(stream.push(bytes("\u001b[31m")));
    shown += out(stream.push(bytes("!\n")));
    expect(shown.replaceAll("\u001b[31m", "")).toBe(`${token.slice(0, 10)}!\n`);
  });
});

describe("data, counts and finding", () => {
  it("masks strings and keys in plain data, and leaves the rest as it is", () => {
    const masker = maskerWith({ HF_TOKEN: token });
    const when = new Date(0);
    const same = { a: [1, null, true, "text"], when };
    const loop: Record<string, unknown> = { token };
    loop.self = loop;
    const masked = masker.data({
      HF_TOKEN: token,
      list: [`x ${token}`, 5],
      [token]: 1,
      same,
      __proto__: null,
    });
    expect(masked).toEqual({ HF_TOKEN: "********", list: ["x [secret:HF_TOKEN]", 5], "[secret:HF_TOKEN]": 1, same });
    expect(masked.same).toBe(same);
    expect(masker.data(same)).toBe(same);
    const looped = masker.data(loop);
    expect(looped.token).toBe("[secret:HF_TOKEN]");
    expect(looped.self).toBe(looped);
  });

  it("finds every occurrence of the named secrets, with encoding and place", () => {
    const masker = maskerWith({ A: token, B: "0123456789-other" });
    const hay = bytes(
      `${token} ${bytes(token).toString("hex")} 0123456789-other ${token.slice(0, 8)}\u001b[0m${token.slice(8)}`,
    );
    expect(masker.find(hay, ["A"])).toEqual([
      { name: "A", encoding: "raw", offset: 0 },
      { name: "A", encoding: "hex", offset: 26 },
      { name: "A", encoding: "raw", offset: 94 },
    ]);
    expect(masker.find(hay).length).toBe(4);
    expect(masker.find(hay, [])).toEqual([]);
  });

  it("counts by secret, and tells where", () => {
    const told: unknown[] = [];
    const masker = maskerWith({ A: token }, { onHit: (hit) => told.push(hit) });
    masker.text(`${token} ${token}`);
    const inStream: string[] = [];
    masker.stream({ source: "c1", onHit: (name) => inStream.push(name) }).push(bytes(`${token}\n`));
    expect({ hits: [...masker.hits()], inStream, last: told.at(-1) }).toEqual({
      hits: [["A", 3]],
      inStream: ["A"],
      last: { name: "A", encoding: "raw", source: "c1" },
    });
  });

  it("a text without a value is the same text, lone surrogates and all", () => {
    const text = "\ud800 ordinary";
    expect(maskerWith({ A: token }).text(text)).toBe(text);
  });
});
