import type { TunnelTraffic } from "../../contract/index.ts";

/** Counts what goes through a tunnel. Probes are not counted. */
export class Meter {
  inBytes = 0;
  outBytes = 0;
  open = 0;
  held = 0;
  total = 0;
  refused = 0;
  #last = { inBytes: 0, outBytes: 0 };
  #rates = { inPerSecond: 0, outPerSecond: 0 };

  /** Ends a second of watching; true when anything moves, or has just come to rest. */
  tick(ms: number): boolean {
    const perSecond = (bytes: number) => Math.round((bytes * 1000) / Math.max(ms, 1));
    const before = this.#rates;
    this.#rates = {
      inPerSecond: perSecond(this.inBytes - this.#last.inBytes),
      outPerSecond: perSecond(this.outBytes - this.#last.outBytes),
    };
    this.#last = { inBytes: this.inBytes, outBytes: this.outBytes };
    return [before, this.#rates].some((rates) => rates.inPerSecond > 0 || rates.outPerSecond > 0);
  }

  /** Forgets the rates: nobody watched in between. */
  rest(): void {
    this.#last = { inBytes: this.inBytes, outBytes: this.outBytes };
    this.#rates = { inPerSecond: 0, outPerSecond: 0 };
  }

  view(): TunnelTraffic {
    const { inBytes, outBytes, open, held, total, refused } = this;
    return { inBytes, outBytes, open, held, total, refused, ...this.#rates };
  }
}
