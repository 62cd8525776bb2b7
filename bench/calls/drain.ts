// `npm run bench -- drain`: SIGTERM under load. New calls get 503, running calls end as their
// parties
// want, the edge exits with 0 within its drain time, and ClickHouse has a record of every call.
import { numberOf, parseArguments } from './arguments.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { withLoadSession } from './load-session.ts';
import { machineLine } from './machine.ts';
import { until } from './until.ts';
import { checkList, printVerdict } from './verdict.ts';

export const DRAIN_USAGE = 'drain [--rate 300] [--hold-ms 3000] [--shards 1] [--json]   SIGTERM';

const KNOWN = { rate: 'value', 'hold-ms': 'value', shards: 'value', json: 'flag' } as const;

const DRAIN_SECONDS = 20;
const LOAD_MS = 5000;
/** So long the caller goes on placing calls after SIGTERM: they must be refused, not lost. */
const REFUSED_MS = 500;

interface Recorded {
  readonly answered: number;
  readonly distinct: number;
}

/**
 * Runs the bench; the exit code: 0, or 1 when a call or a record was lost or the exit was not
 * clean.
 */
export async function runDrain(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const rate = numberOf(given, 'rate', 300);
  const holdMs = numberOf(given, 'hold-ms', 3000);
  const options = {
    shards: numberOf(given, 'shards', 1),
    ringMs: 100,
    drainSeconds: DRAIN_SECONDS,
  };
  return withLoadSession(options, async (session) => {
    const { edge, vendor } = session;
    const { check, failures } = checkList();
    const caller = await session.startCaller({ calls: rate * 60, rate, holdMs });
    await delay(LOAD_MS);
    const began = performance.now();
    edge.signal('SIGTERM');
    await delay(REFUSED_MS);
    process.kill(caller.pid, 'SIGUSR1');
    const result = await caller.done;
    const exitCode = await edge.exited;
    const drainMs = Math.round(performance.now() - began);
    const vendorResult = await vendor.stop();
    const stopIngest = await edge.startIngest();
    const answered = result.counts.successful;
    let recorded: Recorded = { answered: 0, distinct: 0 };
    await until(async () => {
      const rows = await edge.query<Recorded>(
        `select countIf(toUnixTimestamp64Milli(assumeNotNull(answered_at)) > 0) as answered,
         uniqExact(id) as distinct from tandem.cdr`,
      );
      recorded = rows[0] ?? recorded;
      return recorded.answered >= answered ? true : undefined;
    }, 20_000);
    await stopIngest();
    check(exitCode === 0, `the edge exited with ${exitCode}`);
    check(drainMs < (DRAIN_SECONDS + 5) * 1000, `the drain took ${drainMs} ms`);
    check(vendorResult.counts.failed === 0, `${vendorResult.counts.failed} failed at the vendor`);
    check(
      vendorResult.counts.created === answered,
      `${vendorResult.counts.created} calls at the vendor, ${answered} ended well at the caller`,
    );
    check(recorded.answered === answered, `${recorded.answered} records of ${answered} answered`);
    const figures = {
      machine: machineLine(),
      'calls/s': rate,
      'ended well': answered,
      'refused while draining': result.counts.failed,
      'records of answered calls': recorded.answered,
      'all records': recorded.distinct,
      'exit code': exitCode,
      'drain ms': drainMs,
    };
    return printVerdict(figures, failures, given.has('json'));
  });
}
