import { useEffect, useMemo, useState } from "react";
import type { Query } from "./filter/query.ts";
import { type Finder, regexFinder, textFinder } from "./line/pieces.ts";

/** What is marked in the lines: the words of the box, as text or as an expression. */
export function useFinder({ text, regex }: Pick<Query, "text" | "regex">): Finder | null {
  const plain = useMemo(() => (regex ? null : textFinder(text)), [text, regex]);
  const [found, setFound] = useState<{ text: string; find: Finder | null } | null>(null);
  useEffect(() => {
    if (!regex || text === "") return;
    let current = true;
    void regexFinder(text).then((find) => {
      if (current) setFound({ text, find });
    });
    return () => {
      current = false;
    };
  }, [text, regex]);
  if (!regex) return plain;
  return found?.text === text ? found.find : null;
}
