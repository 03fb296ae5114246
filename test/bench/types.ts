/**
 * One figure of a bench, ours beside a peer measured in the same run. The harness makes the ratio so that more is better
 * (ours to peer for throughput, peer to ours for time and memory) and holds it against `goal`.
 */
export interface BenchRow {
  name: string;
  ours: number;
  /** `null` when there is nothing to compare with; a goal then cannot be judged. */
  peer: number | null;
  peerName?: string;
  unit: string;
  higherIsBetter: boolean;
  /** The least ratio; `null` for a figure that is only shown. */
  goal: number | null;
  /** Lowest and highest of the runs. */
  spread?: string;
}
