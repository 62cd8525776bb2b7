// `record-cost`: in every second window of wall time the edge keeps its records, in the others it
// forgets them. Edge (forgetful-sink.ts) and bench (record-cost.ts) tell them apart by the clock.

/** Long against a turn of the recorder (60 ms), short against what moves on the machine. */
export const WINDOW_MS = 1000;
/** Windows in a row that are compared with each other. */
export const BLOCK_WINDOWS = 20;

export function windowAt(wallMs: number): number {
  return Math.floor(wallMs / WINDOW_MS);
}

export function isKept(window: number): boolean {
  return window % 2 === 0;
}

/** What a window cost, in any unit. */
export interface WindowCost {
  readonly window: number;
  readonly cost: number;
}

export interface CostOfKeeping {
  /** Mean of the blocks' differences. */
  readonly mean: number;
  /** Standard error of that mean, from how much the blocks differ. */
  readonly error: number;
}

/**
 * How much more the windows cost in which records are kept. In each block the median of the ones is
 * held against the median of the others: what drifts from block to block falls out, and so do the
 * windows in which garbage was collected (one in six, with half as much again).
 * @param costs of windows in a row, two blocks at least; what is left behind the last block is not
 * used
 */
export function costOfKeeping(costs: readonly WindowCost[]): CostOfKeeping {
  const differences: number[] = [];
  for (let at = 0; at + BLOCK_WINDOWS <= costs.length; at += BLOCK_WINDOWS) {
    const block = costs.slice(at, at + BLOCK_WINDOWS);
    const kept = block.filter(({ window }) => isKept(window));
    const forgotten = block.filter(({ window }) => !isKept(window));
    differences.push(medianOf(kept) - medianOf(forgotten));
  }
  const count = differences.length;
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / count;
  const squares = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (count - 1) / count) };
}

/** The median cost of some windows, one at least. */
export function medianOf(costs: readonly WindowCost[]): number {
  const sorted = costs.map(({ cost }) => cost).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
