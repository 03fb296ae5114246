/** How OpenSSH's client is to reach a host. */
export interface SystemWay {
  /** Configuration files that hold for it, the first one first; none when a person gave all there is. */
  includes: readonly string[];
  /** Its name there, or the address. */
  name: string;
  /** What a person gave in place of the configuration. */
  user?: string | undefined;
  port?: number | undefined;
  jumps?: readonly string[] | undefined;
}
