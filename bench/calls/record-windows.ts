// `record-cost`: in every second window of wall time the edge keeps its records, in the others it
// forgets them. Edge (forgetful-sink.ts) and bench (record-cost.ts) tell them apart by the clock.

/** Long against a turn of the recorder (60 ms), short against what moves on the machine. */
export const WINDOW_MS = 2000;

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
  /** Median over all windows that have two neighbours. */
  readonly median: number;
  /** Standard error of that median, as far as its quartiles tell. */
  readonly error: number;
}

/** Of n values: the median's error is 1.253 sigma / sqrt(n), the quartiles are 1.349 sigma apart. */
const ERROR_PER_QUARTILES = 1.253 / 1.349;

/**
 * How much more the windows cost in which records are kept. Each window is held against the mean
 * of its two neighbours, which are of the other kind: what drifts falls out.
 * @param costs of windows in a row, three at least
 */
export function costOfKeeping(costs: readonly WindowCost[]): CostOfKeeping {
  const differences: number[] = [];
  for (let i = 1; i + 1 < costs.length; i++) {
    const { window, cost } = costs[i]!;
    const more = cost - (costs[i - 1]!.cost + costs[i + 1]!.cost) / 2;
    differences.push(isKept(window) ? more : -more);
  }
  differences.sort((a, b) => a - b);
  const spread = quantile(differences, 0.75) - quantile(differences, 0.25);
  return {
    median: quantile(differences, 0.5),
    error: (ERROR_PER_QUARTILES * spread) / Math.sqrt(differences.length),
  };
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}
