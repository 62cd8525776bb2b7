// Keeps the rollups equal to the records. Each pass asks which minutes have rows that ClickHouse
// took lately (`inserted_at`) and computes those minutes, then the quarters, hours and days above
// them, anew from `FINAL` (recompute-sql.ts). It never adds to a sum, so doubles, replays of any
// age, late records and kills at any point leave nothing behind.
//
// Why nothing slips through:
// - `inserted_at` is set when an INSERT begins, the rows show when it ends. So what came after
//   `settled_until` is looked at again ten minutes later, and only then does the mark move on.
// - Death between computing and storing the mark repeats the work, which then writes nothing.
// - Several ingest processes compute the same rows; of two that race the later pass ten minutes
//   on puts right what the slower one wrote last.
// - When ClickHouse's clock is set back the marks go back with it. What a clock could still hide
//   is found by comparing whole days (reconcile.ts).
import type { ClickHouseClient } from '@clickhouse/client';
import { changedMinutes, serverNowMs } from './clickhouse-clock.ts';
import { PendingBuckets } from './pending-buckets.ts';
import { loadProgress, storeProgress } from './progress.ts';
import { recomputeSql } from './recompute-sql.ts';
import type { Grain, GrainRule, Source } from './rollup-catalogue.ts';
import { FAMILIES, GRAINS } from './rollup-catalogue.ts';

export interface RefresherOptions {
  /** Days that the records go back, 0: for ever. Buckets before that stay as they are. */
  readonly rawDays: Readonly<Record<Source, number>>;
  /** Days that each grain goes back, 0: for ever. Before, coarser ones are summed from raw rows. */
  readonly grainDays: Readonly<Record<Grain, number>>;
  /** For tests; default ten minutes. Longer than any INSERT takes. */
  readonly settleMs?: number;
}

export interface RefreshResult {
  /** Buckets computed. */
  readonly buckets: number;
  /** Minutes that wait for a later pass, to spare the CPU. */
  readonly waiting: number;
  readonly elapsedMs: number;
}

interface Follower {
  readonly source: Source;
  readonly pending: PendingBuckets;
  settledUntilMs: number;
  /** What is known to be stored of it. */
  storedUntilMs: number;
  /** Rows that came after this have not been seen yet. */
  freshUntilMs: number;
}

const DAY_S = 86_400;
const SETTLE_MS = 600_000;
/** An INSERT usually shows its rows this soon after their `inserted_at`. */
const OVERLAP_MS = 2000;
/** One statement computes buckets within this many of their lengths. */
const CHUNK_SPAN = 120;
/** A pass that would take longer than this and than its credit puts off what can wait. */
const SHORT_PASS_MS = 150;
/** Credit for long passes: this part of the time that goes by, up to two seconds. */
const CREDIT_SHARE = 0.01;
const MAX_CREDIT_MS = 2000;
const LONGEST_WAIT_MS = 900_000;
const LONGEST_COARSE_WAIT_MS = 300_000;
/** Minutes older than this are added to so rarely that they are computed at once. */
const SETTLED_AGE_MS = 7_200_000;

export class RollupRefresher {
  readonly #client: ClickHouseClient;
  readonly #options: RefresherOptions;
  #followers: Follower[] | undefined;
  /** Running mean of what one minute's buckets cost, with all that follows from them. */
  #msPerMinute = 1;
  #creditMs = MAX_CREDIT_MS;
  #lastPassAt = performance.now();

  constructor(client: ClickHouseClient, options: RefresherOptions) {
    this.#client = client;
    this.#options = options;
  }

  /**
   * One pass.
   * @param everything also what could wait
   * @throws what the client throws; the next call goes on where this one failed
   */
  async refresh(everything = false): Promise<RefreshResult> {
    const startedAt = performance.now();
    const nowMs = await serverNowMs(this.#client);
    const followers = await this.#open();
    let minutes = 0;
    for (const follower of followers) {
      await this.#look(follower, nowMs);
      minutes += follower.pending.count('minute');
    }
    const affordable = Math.max(SHORT_PASS_MS, this.#earnCredit(startedAt));
    const all = everything || minutes * this.#msPerMinute <= affordable;
    let buckets = 0;
    let waiting = 0;
    for (const follower of followers) {
      buckets += await this.#compute(follower, nowMs, all);
      waiting += follower.pending.count('minute');
      await this.#settle(follower, nowMs);
    }
    const elapsedMs = performance.now() - startedAt;
    this.#creditMs = Math.max(0, this.#creditMs - elapsedMs);
    // Few minutes say little: each pass has a cost of its own.
    if (minutes - waiting >= 10) {
      this.#msPerMinute += (elapsedMs / (minutes - waiting) - this.#msPerMinute) / 4;
    }
    return { buckets, waiting, elapsedMs };
  }

  /** After a burst everything is right at once; under lasting load it costs a bounded share. */
  #earnCredit(now: number): number {
    const earned = this.#creditMs + (now - this.#lastPassAt) * CREDIT_SHARE;
    this.#lastPassAt = now;
    this.#creditMs = Math.min(MAX_CREDIT_MS, earned);
    return this.#creditMs;
  }

  /** Marks minutes (epoch seconds) as out of date, for a reason other than new rows. */
  async mark(source: Source, minutes: readonly number[]): Promise<void> {
    const follower = (await this.#open()).find((one) => one.source === source);
    if (follower === undefined) return;
    for (const minute of minutes) follower.pending.mark('minute', minute, follower.settledUntilMs);
  }

  async #open(): Promise<Follower[]> {
    if (this.#followers !== undefined) return this.#followers;
    const followers: Follower[] = [];
    for (const source of ['cdr', 'cdr_attempt'] as const) {
      const { settledUntilMs } = await loadProgress(this.#client, source);
      const pending = new PendingBuckets();
      const marks = { settledUntilMs, storedUntilMs: settledUntilMs, freshUntilMs: settledUntilMs };
      followers.push({ source, pending, ...marks });
    }
    this.#followers = followers;
    return followers;
  }

  /** Marks the minutes with new rows, now and then once more those of all rows not settled yet. */
  async #look(follower: Follower, nowMs: number): Promise<void> {
    const settleMs = this.#settleMs();
    // A clock that was set back takes the marks with it.
    follower.settledUntilMs = Math.min(follower.settledUntilMs, Math.max(0, nowMs - settleMs));
    follower.freshUntilMs = Math.min(follower.freshUntilMs, nowMs);
    const again = nowMs - follower.settledUntilMs >= 2 * settleMs;
    const sinceMs = again
      ? follower.settledUntilMs
      : Math.max(follower.settledUntilMs, follower.freshUntilMs - OVERLAP_MS);
    const { source, pending } = follower;
    // Whole days only: a coarser bucket that reaches beyond the records could not be computed.
    const days = this.#options.rawDays[source];
    const floorS = days === 0 ? 0 : Math.max(0, Math.ceil(nowMs / 1000 / DAY_S - days) * DAY_S);
    const minutes = await changedMinutes(this.#client, source, sinceMs, floorS);
    for (const minute of minutes) pending.mark('minute', minute, sinceMs);
    follower.freshUntilMs = nowMs;
    if (again) follower.settledUntilMs = Math.max(follower.settledUntilMs, nowMs - settleMs);
  }

  async #compute(follower: Follower, nowMs: number, all: boolean): Promise<number> {
    const { pending, source } = follower;
    let count = 0;
    for (const rule of GRAINS) {
      const due = pending.due(
        rule.grain,
        (bucket, sinceMs) => all || nowMs - sinceMs >= patienceMs(rule, nowMs - bucket * 1000),
      );
      for (const buckets of chunks(due, CHUNK_SPAN * rule.seconds)) {
        for (const family of FAMILIES) {
          if (family.source !== source) continue;
          const fromRaw = this.#beyondFiner(rule, nowMs / 1000 - buckets[0]!);
          await this.#run(recomputeSql({ family, rule, fromRaw, buckets }));
        }
        pending.done(rule.grain, buckets);
        count += buckets.length;
      }
    }
    return count;
  }

  /** @param ageS since the begin of the oldest bucket */
  #beyondFiner(rule: GrainRule, ageS: number): boolean {
    const days = rule.from === null ? 0 : this.#options.grainDays[rule.from];
    return days !== 0 && ageS > (days - 1) * DAY_S;
  }

  async #run(query: string): Promise<void> {
    await this.#client.command({
      query,
      clickhouse_settings: {
        // Beside calls and inserts: one core at most.
        max_threads: 1,
        do_not_merge_across_partitions_select_final: 1,
        max_partitions_per_insert_block: '0',
        distributed_foreground_insert: 1,
      },
    });
  }

  /** What waits is not settled: a restart must find it again. */
  async #settle(follower: Follower, nowMs: number): Promise<void> {
    const oldest = follower.pending.oldestSinceMs() ?? nowMs;
    const until = Math.min(follower.settledUntilMs, oldest);
    const isAhead = follower.storedUntilMs > nowMs;
    if (!isAhead && until - follower.storedUntilMs < this.#settleMs()) return;
    await storeProgress(this.#client, follower.source, until);
    follower.storedUntilMs = until;
  }

  #settleMs(): number {
    return this.#options.settleMs ?? SETTLE_MS;
  }
}

/** How long an out-of-date bucket may stay so while passes are long: 15 s for a quarter. */
function patienceMs({ seconds, grain }: GrainRule, ageMs: number): number {
  if (grain !== 'minute') return Math.min((seconds * 1000) / 60, LONGEST_COARSE_WAIT_MS);
  // Computed at ages of 1, 3, 9, 27 minutes: a call that ends late costs little each time.
  return ageMs > SETTLED_AGE_MS ? 0 : Math.min((ageMs * 2) / 3, LONGEST_WAIT_MS);
}

/** Cuts ascending buckets where a chunk would span more than `spanS`. */
function chunks(buckets: readonly number[], spanS: number): number[][] {
  const cut: number[][] = [];
  for (const bucket of buckets) {
    const last = cut.at(-1);
    if (last === undefined || bucket - last[0]! >= spanS) cut.push([bucket]);
    else last.push(bucket);
  }
  return cut;
}
