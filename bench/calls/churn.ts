// `npm run bench -- churn`: many short calls; memory, calls, dialogs, transactions and timers must
// be back where they started.
import { numberOf, parseArguments } from './arguments.ts';
import { heapLeft, MEASURED_EDGE } from './heap-left.ts';
import { withLoadSession } from './load-session.ts';
import { machineLine } from './machine.ts';
import { memoryBytes } from './process-stat.ts';
import { countRecords } from './switch-target.ts';
import type { SwitchProcess } from './switch-process.ts';
import { mebibytes } from './table.ts';
import { until } from './until.ts';
import { checkList, printVerdict } from './verdict.ts';

export const CHURN_USAGE =
  'churn [--calls 500000] [--rate 1500] [--shards 1] [--growth-mib 4] [--json]   leaks';

const KNOWN = {
  calls: 'value',
  rate: 'value',
  shards: 'value',
  'growth-mib': 'value',
  json: 'flag',
} as const;

const GAUGES = [
  'tandem_calls_active',
  'tandem_dialogs',
  'tandem_transactions',
  'tandem_timers',
] as const;

/** Share of the calls after which memory counts as settled: caches full, hot code compiled. */
const SETTLE_SHARE = 0.2;
/** Transactions end at most 64 * T1 = 32 s after their last message (RFC 3261 17). */
const LINGER_MS = 45_000;

type Gauges = Readonly<Record<string, number>>;

async function readGauges(edge: SwitchProcess): Promise<Gauges> {
  const entries: [string, number][] = [];
  for (const name of GAUGES) {
    const value = await edge.metric(name);
    if (value === undefined) throw new Error(`/metrics has no ${name}`);
    entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

/**
 * Waits until no gauge is above `before`, or the time of lingering transactions; what they are
 * then.
 */
async function settled(edge: SwitchProcess, before: Gauges): Promise<Gauges> {
  let now = await readGauges(edge);
  await until(
    async () => {
      now = await readGauges(edge);
      return GAUGES.every((name) => now[name]! <= before[name]!) ? true : undefined;
    },
    LINGER_MS,
    1000,
  );
  return now;
}

/** Runs the bench; the exit code: 0, or 1 when something was left behind. */
export async function runChurn(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const calls = numberOf(given, 'calls', 500_000, 10);
  const rate = numberOf(given, 'rate', 1500);
  const growthLimit = numberOf(given, 'growth-mib', 4) * 1_048_576;
  const shards = numberOf(given, 'shards', 1);
  return withLoadSession({ shards, ringMs: 0, program: MEASURED_EDGE }, async (session) => {
    const { edge } = session;
    const { check, failures } = checkList();
    const before = await readGauges(edge);
    const first = Math.round(calls * SETTLE_SHARE);
    const warm = await (await session.startCaller({ calls: first, rate, holdMs: 200 })).done;
    await settled(edge, before);
    const heapWarm = await heapLeft(edge);
    const main = { calls: calls - first, rate, holdMs: 200 };
    const result = await (await session.startCaller(main)).done;
    const { resident } = memoryBytes(edge.pid);
    const after = await settled(edge, before);
    const heapEnd = await heapLeft(edge);
    const records = await countRecords(edge, calls);
    const failed = warm.counts.failed + result.counts.failed;
    const growth = heapEnd - heapWarm;
    check(failed === 0, `${failed} calls failed: ${result.errors}`);
    check(growth <= growthLimit, `memory grew by ${mebibytes(growth)}`);
    check(records.rows === calls && records.distinct === calls, `${records.distinct} records`);
    for (const name of GAUGES) {
      check(after[name] === before[name], `${name}: ${before[name]} before, ${after[name]} after`);
    }
    const figures = {
      machine: machineLine(),
      calls,
      'calls/s': rate,
      failed,
      records: records.distinct,
      [`heap after ${first}`]: mebibytes(heapWarm),
      'heap at the end': mebibytes(heapEnd),
      'heap growth per call, bytes': (growth / (calls - first)).toFixed(1),
      RSS: mebibytes(resident),
      ...after,
    };
    return printVerdict(figures, failures, given.has('json'));
  });
}
