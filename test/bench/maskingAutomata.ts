/** Masking as one would write it with the automata that npm has: positions from them, replaced by hand. All take strings. */
import { AhoCorasick as Plain } from "@monyone/aho-corasick";
import { AhoCorasick as Fast } from "@monyone/aho-corasick/fast";
import { AhoCorasick as Greedy } from "@monyone/aho-corasick/greedy";
import Classic from "ahocorasick";
import Modern from "modern-ahocorasick/fast";

/** Ranges of a text, in any order. */
type Search = (text: string) => { begin: number; end: number }[];

export interface Automaton {
  name: string;
  /** Patterns beyond which building it alone takes minutes, or all memory. */
  most: number;
  build(patterns: readonly string[]): Search;
}

export const automata: readonly Automaton[] = [
  {
    name: "@monyone/aho-corasick, fast",
    most: 20_000,
    build(patterns) {
      const automaton = new Fast([...patterns]);
      return (text) => automaton.matchInText(text);
    },
  },
  {
    name: "@monyone/aho-corasick, greedy",
    most: 200_000,
    build(patterns) {
      const automaton = new Greedy([...patterns]);
      return (text) => automaton.matchInText(text);
    },
  },
  {
    name: "@monyone/aho-corasick",
    most: 200_000,
    build(patterns) {
      const automaton = new Plain([...patterns]);
      return (text) => automaton.matchInText(text);
    },
  },
  {
    name: "ahocorasick",
    most: 50_000,
    build(patterns) {
      const automaton = new Classic(patterns);
      return (text) =>
        automaton
          .search(text)
          .flatMap(([last, found]) => found.map((each) => ({ begin: last + 1 - each.length, end: last + 1 })));
    },
  },
  {
    name: "modern-ahocorasick",
    most: 20_000,
    build(patterns) {
      const automaton = new Modern(patterns);
      return (text) => automaton.search(text).map(({ start, end }) => ({ begin: start, end }));
    },
  },
];

/** Masks `corpus` chunk by chunk; what a chunk's border cuts is left to be found, which is in the automaton's favour. */
export function automatonOnce(search: Search, corpus: Buffer, chunk: number): number {
  let total = 0;
  for (let at = 0; at < corpus.length; at += chunk) {
    const text = corpus.toString("latin1", at, Math.min(corpus.length, at + chunk));
    total += Buffer.from(replaced(text, search(text)), "latin1").length;
  }
  return total;
}

function replaced(text: string, ranges: { begin: number; end: number }[]): string {
  let out = "";
  let from = 0;
  for (const { begin, end } of ranges.sort((a, b) => a.begin - b.begin)) {
    if (end <= from) continue;
    if (begin >= from) out += `${text.slice(from, begin)}********`;
    from = end;
  }
  return out + text.slice(from);
}
