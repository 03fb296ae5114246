declare module "ahocorasick" {
  export default class AhoCorasick {
    constructor(keywords: readonly string[]);
    /** Where each match ends (its last character), and what ends there. */
    search(text: string): [end: number, keywords: string[]][];
  }
}
