/** One decision of the README, measured: two ways of doing it in one run, and the ratio. */
export interface Comparison {
  decision: string;
  unit: string;
  ours: number;
  other: number;
}
