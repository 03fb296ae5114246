/**
 * Finds all keywords in one pass, whatever their case (Aho and Corasick, "Efficient string matching", 1975), one table
 * step a character. Keywords are ASCII, so every other character leads back to the root.
 */
export interface Automaton {
  /** Calls `visit` with the keyword's number and one past its last character, in ascending order of that. */
  scan(text: string, visit: (keyword: number, end: number) => void): void;
}

interface Node {
  to: Map<number, Node>;
  fail: Node | null;
  /** Numbers of the keywords that end here. */
  found: number[];
  state: number;
}

export function createAutomaton(keywords: readonly string[]): Automaton {
  const { classOf, width } = alphabetOf(keywords);
  const nodes = linked(trie(keywords, classOf));
  // Those with a find come last: one comparison then tells them from the rest.
  const ordered = [
    ...nodes.filter((node) => node.found.length === 0),
    ...nodes.filter((node) => node.found.length > 0),
  ];
  ordered.forEach((node, state) => {
    node.state = state * width;
  });
  const quiet = ordered.filter((node) => node.found.length === 0).length * width;
  const next = tableOf(nodes, width);
  const finds = ordered.map((node) => node.found);
  const root = (nodes[0] as Node).state;

  return {
    scan(text, visit) {
      let state = root;
      for (let i = 0, length = text.length; i < length; i++) {
        const code = text.charCodeAt(i);
        state = next[state + (code < 128 ? (classOf[code] as number) : 0)] as number;
        if (state < quiet) continue;
        for (const keyword of finds[state / width] as number[]) visit(keyword, i + 1);
      }
    },
  };
}

/** Upper and lower case are one class; 0 is for all that is in no keyword. */
function alphabetOf(keywords: readonly string[]): { classOf: Uint8Array; width: number } {
  const classOf = new Uint8Array(128);
  let width = 1;
  for (const char of new Set(keywords.join("").toLowerCase())) {
    const code = char.charCodeAt(0);
    if (code >= 128) throw new Error("a keyword must be ASCII");
    classOf[code] = width;
    classOf[char.toUpperCase().charCodeAt(0)] = width;
    width++;
  }
  return { classOf, width };
}

function trie(keywords: readonly string[], classOf: Uint8Array): Node {
  const root = createNode();
  keywords.forEach((keyword, number) => {
    let node = root;
    for (let i = 0; i < keyword.length; i++) {
      const step = classOf[keyword.charCodeAt(i)] as number;
      const child = node.to.get(step) ?? createNode();
      node.to.set(step, child);
      node = child;
    }
    node.found.push(number);
  });
  return root;
}

const createNode = (): Node => ({ to: new Map(), fail: null, found: [], state: 0 });

/** All nodes, breadth first, with their failure links and what is found through these. */
function linked(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) {
    for (const [step, child] of node.to) {
      let fail = node.fail;
      while (fail !== null && !fail.to.has(step)) fail = fail.fail;
      child.fail = fail?.to.get(step) ?? root;
      child.found.push(...child.fail.found);
      nodes.push(child);
    }
  }
  return nodes;
}

/** Nodes come breadth first, so a row can begin as a copy of the failure link's row. */
function tableOf(nodes: readonly Node[], width: number): Int32Array {
  const next = new Int32Array(nodes.length * width).fill((nodes[0] as Node).state);
  for (const node of nodes) {
    if (node.fail !== null) next.copyWithin(node.state, node.fail.state, node.fail.state + width);
    for (const [step, child] of node.to) next[node.state + step] = child.state;
  }
  return next;
}
