// `record-cost`: in every second window of wall time the edge keeps its records, in the others it
// forgets them. Edge (forgetful-sink.ts) and bench (record-cost.ts) tell them apart by the clock.

/** Short against what moves on the machine. */
export const WINDOW_MS = 500;
/** The beginning of a window is not looked at: the recorder is still at what came before. */
export const SETTLE_MS = 100;
/** Windows in a row that are compared with each other: 20 s. */
export const BLOCK_WINDOWS = 40;

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
  /** Mean of the blocks. */
  readonly mean: number;
  /** Standard error of that mean, from how much the blocks differ. */
  readonly error: number;
}

/**
 * How much more the windows cost in which records are kept: each window against the next one, by
 * the interquartile mean of a block. What drifts falls out; so do the windows in which garbage was
 * collected, on both sides alike (one in twelve, with up to twice the cost).
 * @param costs of windows in a row, two blocks at least; what is left behind the last block is not
 * used
 */
export function costOfKeeping(costs: readonly WindowCost[]): CostOfKeeping {
  const blocks: number[] = [];
  for (let at = 0; at + BLOCK_WINDOWS <= costs.length; at += BLOCK_WINDOWS) {
    const block = costs.slice(at, at + BLOCK_WINDOWS);
    const differences = block.slice(1).map(({ window, cost }, i) => {
      const before = block[i]!.cost;
      return isKept(window) ? cost - before : before - cost;
    });
    blocks.push(interquartileMean(differences));
  }
  const mean = meanOf(blocks);
  const squares = blocks.map((block) => (block - mean) ** 2);
  return { mean, error: Math.sqrt(meanOf(squares) / (blocks.length - 1)) };
}

/** Mean of the middle half. */
function interquartileMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = sorted.length >> 2;
  return meanOf(sorted.slice(cut, sorted.length - cut));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The median cost of some windows, one at least. */
export function medianOf(costs: readonly WindowCost[]): number {
  const sorted = costs.map(({ cost }) => cost).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
