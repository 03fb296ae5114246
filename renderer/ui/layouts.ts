/**
 * A person who types with the wrong keyboard layout still finds what they look for: `щкшщт` is `orion` typed with the
 * Russian layout on, `сщтефштук` is `container`. The pairs are the same physical keys of the US and Russian layouts.
 */
const us = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.";
const ru = "ёйцукенгшщзхъфывапролджэячсмитьбю";

function table(from: string, to: string): ReadonlyMap<string, string> {
  return new Map([...from].map((letter, index) => [letter, [...to][index] ?? letter]));
}

const toUs = table(ru, us);
const toRu = table(us, ru);

function convert(text: string, map: ReadonlyMap<string, string>): string {
  return [...text].map((letter) => map.get(letter) ?? letter).join("");
}

/** The text as typed, in lower case, and as the other layout would have written it. */
export function layoutVariants(text: string): string[] {
  const typed = text.trim().toLowerCase();
  return [...new Set([typed, convert(typed, toUs), convert(typed, toRu)])];
}

/** Makes a test for rows: every word of the query must be found in one of the row's texts, in either layout. */
export function matcher(query: string): (...texts: readonly (string | null | undefined)[]) => boolean {
  const words = query.trim().split(/\s+/).filter(Boolean).map(layoutVariants);
  return (...texts) => {
    const hay = texts.filter(Boolean).join("\n").toLowerCase();
    return words.every((variants) => variants.some((variant) => hay.includes(variant)));
  };
}
