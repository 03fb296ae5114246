import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMasker, type Masker } from "../../../../../electron/core/logs/masking/index.ts";
import { variantsOf } from "../../../../../electron/core/logs/masking/variants.ts";
import { weaknessOf } from "../../../../../electron/core/logs/masking/weak.ts";
import { naiveMask, ownedVariants } from "./oracle.ts";

interface Secret {
  name: string;
  value: Uint8Array;
}

function maskerOf(secrets: readonly Secret[]): Masker {
  const masker = createMasker();
  for (const { name, value } of secrets) masker.register(name, value);
  return masker;
}

/** Masks `text` as a stream that is cut before each of the offsets `cuts`. */
function streamed(masker: Masker, text: Uint8Array, cuts: readonly number[]): string {
  const stream = masker.stream();
  let out = "";
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    out += Buffer.from(stream.push(text.subarray(at, cut))).toString("latin1");
    at = cut;
  }
  out += Buffer.from(stream.push(text.subarray(at))).toString("latin1");
  return out + Buffer.from(stream.end()).toString("latin1");
}

// Few letters, so that values overlap, lie in each other and begin alike.
const valueFrom = (letters: string) =>
  fc
    .array(fc.constantFrom(...letters), { minLength: 6, maxLength: 40 })
    .map((chosen) => Buffer.from(chosen.join("")))
    .filter((bytes) => weaknessOf(bytes) === null);
// Sets without a line break in them take another path through the engine.
const values = fc.oneof(
  fc.array(valueFrom("abcdABCD01-/+=é\"' "), { minLength: 1, maxLength: 5 }),
  fc.array(valueFrom("abcdABCD01-/+=é\"' \n"), { minLength: 1, maxLength: 5 }),
);
const related = values.chain((values) =>
  fc.record({
    values: fc.constant(values),
    // Prefixes, ends and joints of the others.
    kin: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 40 }), fc.nat({ max: 40 })), { maxLength: 4 }),
  }),
);
const secrets = related.map(({ values, kin }): Secret[] => {
  const list = [...values];
  for (const [a, b, cut, from] of kin) {
    const first = values[a % values.length]!;
    const second = values[b % values.length]!;
    const made = Buffer.concat([first.subarray(cut % first.length), second.subarray(0, from)]);
    if (weaknessOf(made) === null) list.push(made);
  }
  return list.map((bytes, i) => ({ name: `KEY_${i}`, value: bytes }));
});

const filler = fc.constantFrom(
  "\n",
  "\r\n",
  "KEY_0=",
  '"KEY_1": "',
  "KEY_2='",
  "x",
  " ",
  "ю",
  "abcd",
  "\u001b[31m",
  "\u001b[0m",
  "\u001b",
  "\u001b[3",
  "\u001b]0;title\u0007",
  "\u001b[1;38;5;200m",
  "=",
);

const scene = secrets.chain((list) => {
  const variants = list.flatMap((secret) => variantsOf(secret.value));
  const piece = fc.oneof(
    { weight: 3, arbitrary: filler.map((text) => Buffer.from(text)) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.nat({ max: variants.length - 1 }), fc.nat({ max: 60 }), fc.nat({ max: 60 }), fc.nat({ max: 3 }))
        .map(([i, from, to, kind]) => {
          const bytes = variants[i]!.bytes;
          if (kind === 0) return Buffer.from(bytes.subarray(from % bytes.length));
          if (kind === 1) return Buffer.from(bytes.subarray(0, to % bytes.length));
          if (kind === 2) {
            const at = from % bytes.length;
            return Buffer.concat([bytes.subarray(0, at), Buffer.from("\u001b[7m"), bytes.subarray(at)]);
          }
          return Buffer.from(bytes);
        }),
    },
  );
  return fc.record({
    secrets: fc.constant(list),
    text: fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.concat(pieces)),
  });
});

/** More with GATEHOUSE_FUZZ_RUNS, for a long night. */
const runs = Number(process.env.GATEHOUSE_FUZZ_RUNS ?? 150);

/** Repeatable noise. */
function noise(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

function randomText(roll: (below: number) => number, length: number): string {
  return Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyz0123456789_-"[roll(38)]).join("");
}

describe("large sets", { timeout: 60_000 }, () => {
  it("thousands of values, coming and going, are found wherever they are", () => {
    const roll = noise(7);
    const masker = createMasker();
    const values = new Map<string, string>();
    for (let i = 0; i < 2_500; i++) {
      // Families that begin alike, end alike, or differ in the middle alone.
      const kinds = [
        randomText(roll, 8 + roll(60)),
        `shared-prefix-of-many-${randomText(roll, 12)}`,
        `${randomText(roll, 12)}-shared-end-of-many`,
        `same-head-${randomText(roll, 7)}-same-tail`,
      ];
      values.set(`S${i}`, kinds[i % 4]!);
      masker.register(`S${i}`, Buffer.from(kinds[i % 4]!));
    }
    for (let i = 0; i < 2_500; i += 3) {
      masker.withdraw(`S${i}`);
      values.delete(`S${i}`);
    }
    for (const [name, value] of values) {
      const text = Buffer.from(`${randomText(roll, roll(30))} ${value} ${Buffer.from(value).toString("base64")}\n`);
      const hits = masker.find(text).filter((hit) => hit.name === name);
      expect(hits.map((hit) => hit.encoding)).toEqual(expect.arrayContaining(["raw", "base64"]));
    }
    const gone = masker.find(Buffer.from("S0 S3 shared-prefix-of-many- -shared-end-of-many"));
    expect(gone).toEqual([]);
  });
});

describe("masking against the naive oracle", { timeout: 120_000 }, () => {
  it("a whole is masked as the oracle masks it", () => {
    fc.assert(
      fc.property(scene, ({ secrets, text }) => {
        const masked = Buffer.from(maskerOf(secrets).bytes(text)).toString("latin1");
        expect(masked).toBe(naiveMask(text, ownedVariants(secrets), false));
      }),
      { numRuns: runs },
    );
  });

  it("a stream gives the same wherever it is cut", () => {
    fc.assert(
      fc.property(scene, fc.array(fc.nat(), { maxLength: 12 }), ({ secrets, text }, places) => {
        const masker = maskerOf(secrets);
        const expected = naiveMask(text, ownedVariants(secrets), true);
        const cuts = places.map((place) => place % (text.length + 1));
        expect(streamed(masker, text, cuts)).toBe(expected);
      }),
      { numRuns: runs },
    );
  });

  it("a stream gives the same when cut at every byte, and at each single one", () => {
    fc.assert(
      fc.property(scene, ({ secrets, text }) => {
        const masker = maskerOf(secrets);
        const expected = naiveMask(text, ownedVariants(secrets), true);
        const everywhere = Array.from({ length: text.length }, (_, i) => i);
        expect(streamed(masker, text, everywhere)).toBe(expected);
        for (const cut of everywhere) expect(streamed(masker, text, [cut])).toBe(expected);
      }),
      { numRuns: Math.ceil(runs / 5) },
    );
  });
});
