// The job of ingest that runs the refresher: a pass every few seconds, more rarely when passes are
// long, and once a day a comparison of the last days with the records.
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { ClickHouseTarget } from '../../engine/config/clickhouse-settings.ts';
import { BackOff } from '../back-off.ts';
import { clickHouseProblem } from '../clickhouse-problem.ts';
import type { IngestContext, IngestJob } from '../ingest-job.ts';
import { setProblem } from '../ingest-state.ts';
import { reconcileDays } from './reconcile.ts';
import type { RefresherOptions } from './refresher.ts';
import { RollupRefresher } from './refresher.ts';

const PASS_INTERVAL_MS = 10_000;
/** A pause is at least this many times as long as the pass before it. */
const REST = 30;
const RECONCILE_INTERVAL_MS = 86_400_000;
/** Days back that the comparison covers: an edge is rarely cut off for longer. */
const RECONCILE_DAYS = 7;

/** What the refresher must know of the retention that the tables have. */
function refresherOptions(target: ClickHouseTarget): RefresherOptions {
  const { retentionDays, attemptRetentionDays, minuteRetentionDays, rollupRetentionDays } = target;
  return {
    rawDays: { cdr: retentionDays, cdr_attempt: attemptRetentionDays },
    grainDays: {
      minute: minuteRetentionDays,
      quarter: minuteRetentionDays,
      hour: rollupRetentionDays,
      day: rollupRetentionDays,
    },
  };
}

export class RollupJob implements IngestJob {
  readonly name = 'rollups';
  readonly #context: IngestContext;
  readonly #client: ClickHouseClient;
  readonly #refresher: RollupRefresher;
  /** Monotonic milliseconds; the first comparison waits for the first passes. */
  #reconcileAt = performance.now() + RECONCILE_INTERVAL_MS / 24;

  constructor(context: IngestContext, client: ClickHouseClient) {
    this.#context = context;
    this.#client = client;
    this.#refresher = new RollupRefresher(client, refresherOptions(context.config.clickhouse));
  }

  /** Ends at the stop: what is left is found again by the stored progress. */
  async run(stop: AbortSignal): Promise<boolean> {
    const { state, log } = this.#context;
    const backOff = new BackOff();
    while (!stop.aborted) {
      try {
        const { elapsedMs, buckets, waiting } = await this.#refresher.refresh();
        if (elapsedMs > PASS_INTERVAL_MS) log.info({ elapsedMs, buckets, waiting }, 'long pass');
        if (performance.now() >= this.#reconcileAt) await this.#reconcile();
        setProblem(state, this.name, '');
        backOff.reset();
        const pauseMs = Math.max(PASS_INTERVAL_MS, REST * elapsedMs);
        await delay(pauseMs, undefined, { signal: stop }).catch(() => undefined);
      } catch (error) {
        const problem = clickHouseProblem(error);
        setProblem(state, this.name, problem);
        log.warn({ error: problem }, 'rollups are not up to date, trying again');
        await backOff.wait(stop);
      }
    }
    return true;
  }

  async #reconcile(): Promise<void> {
    const wrong = await reconcileDays(this.#client, this.#refresher, RECONCILE_DAYS);
    if (wrong.length > 0) {
      this.#context.log.error({ days: wrong }, 'rollups differed from the records: made anew');
    }
    this.#reconcileAt = performance.now() + RECONCILE_INTERVAL_MS;
  }
}
