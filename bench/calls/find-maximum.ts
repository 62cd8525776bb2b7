// The highest clean rate: steps up until a round is not clean, then halves the gap.
import type { StartTarget } from './load-target.ts';
import { runLoadRound } from './load-round.ts';
import type { LoadOptions, LoadResult } from './load-round.ts';

export interface Maximum {
  /** Calls per second; 0 when not even the first rate was clean. */
  readonly rate: number;
  readonly tried: readonly LoadResult[];
}

const STEP_FACTOR = 1.5;
/** The search ends when the gap between clean and not clean is below this share of the rate. */
const PRECISION = 0.05;
const RETRANSMISSION_SHARE = 0.001;
const MESSAGES_PER_CALL = 7;
const HIGHEST_RATE = 50_000;

/** No failed call, no lost record, and under 0.1 % of the caller's side's messages sent again. */
export function isClean(result: LoadResult): boolean {
  const allowed = result.calls * MESSAGES_PER_CALL * RETRANSMISSION_SHARE;
  const records = (result.lostRecords ?? 0) + (result.doubleRecords ?? 0);
  const failed = result.failed + result.warmUpFailed;
  return result.calls > 0 && failed === 0 && records === 0 && result.retransmissions < allowed;
}

/**
 * Nobody sends his full rate to a switch that was just started: the warm-up rises to it, as traffic
 * does that carriers move over, while cold code is compiled. Its calls count all the same.
 * @param load its rate is where the search starts
 */
export async function findMaximum(
  start: StartTarget,
  load: LoadOptions,
  say: (line: string) => void,
): Promise<Maximum> {
  const tried: LoadResult[] = [];
  const attempt = async (rate: number): Promise<boolean> => {
    const result = await runLoadRound(start, { ...load, rate, rampUp: true });
    tried.push(result);
    const clean = isClean(result);
    say(
      `${rate} calls/s: ${clean ? 'clean' : 'not clean'} (${result.failed} failed, ` +
        `${result.warmUpFailed} in the warm-up, ` +
        `${result.retransmissions} resent, ${result.lostRecords ?? 0} records lost)`,
    );
    return clean;
  };
  let clean = 0;
  let dirty = load.rate;
  while (dirty <= HIGHEST_RATE && (await attempt(dirty))) {
    clean = dirty;
    dirty = Math.round(dirty * STEP_FACTOR);
  }
  while (dirty - clean > Math.max(50, dirty * PRECISION)) {
    const middle = Math.round((clean + dirty) / 2);
    if (await attempt(middle)) clean = middle;
    else dirty = middle;
  }
  return { rate: clean, tried };
}
