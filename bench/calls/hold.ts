// `npm run bench -- hold`: many calls up at once; memory at the peak and after, all ended well.
import { numberOf, parseArguments } from './arguments.ts';
import { withLoadSession } from './load-session.ts';
import { machineLine } from './machine.ts';
import { memoryBytes } from './process-stat.ts';
import { countRecords } from './switch-target.ts';
import { mebibytes } from './table.ts';
import { until } from './until.ts';
import { checkList, printVerdict } from './verdict.ts';

export const HOLD_USAGE =
  'hold [--calls 20000] [--rate 500] [--shards 1] [--limit-mib 600] [--json]   calls at once';

const KNOWN = {
  calls: 'value',
  rate: 'value',
  shards: 'value',
  'limit-mib': 'value',
  json: 'flag',
} as const;

/** Calls stay up so much longer than the ramp takes. */
const PLATEAU_MS = 8000;

/** Runs the bench; the exit code: 0, or 1 when a bound is broken. */
export async function runHold(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const calls = numberOf(given, 'calls', 20_000);
  const rate = numberOf(given, 'rate', 500);
  const limit = numberOf(given, 'limit-mib', 600) * 1_048_576;
  const holdMs = Math.ceil((calls / rate) * 1000) + PLATEAU_MS;
  return withLoadSession({ shards: numberOf(given, 'shards', 1), ringMs: 100 }, async (session) => {
    const { edge, vendor } = session;
    const { check, failures } = checkList();
    const before = memoryBytes(edge.pid).resident;
    const caller = await session.startCaller({ calls, rate, holdMs });
    let peakCalls = 0;
    const rampMs = holdMs + 10_000;
    await until(
      async () => {
        const active = (await edge.metric('tandem_calls_active')) ?? 0;
        peakCalls = Math.max(peakCalls, active);
        return active >= calls ? true : undefined;
      },
      rampMs,
      500,
    );
    const atPeak = memoryBytes(edge.pid).resident;
    const result = await caller.done;
    const { peak } = memoryBytes(edge.pid);
    const records = await countRecords(edge, calls);
    const left = (await edge.metric('tandem_calls_active')) ?? NaN;
    const vendorResult = await vendor.stop();
    check(peakCalls === calls, `${peakCalls} calls at once instead of ${calls}`);
    check(peak <= limit, `memory went beyond ${mebibytes(limit)}`);
    check(result.counts.failed === 0, `${result.counts.failed} calls failed: ${result.errors}`);
    check(vendorResult.counts.failed === 0, `${vendorResult.counts.failed} failed at the vendor`);
    check(left === 0, `${left} calls are still counted`);
    check(records.rows === calls && records.distinct === calls, `${records.rows} records`);
    const figures = {
      machine: machineLine(),
      calls,
      peakCalls,
      'RSS before': mebibytes(before),
      'RSS with all calls up': mebibytes(atPeak),
      'RSS highest': mebibytes(peak),
      'RSS after': mebibytes(memoryBytes(edge.pid).resident),
      'bytes per call': Math.round((atPeak - before) / calls),
      failed: result.counts.failed,
      resent: result.counts.retransmissions + vendorResult.counts.retransmissions,
      records: records.distinct,
    };
    return printVerdict(figures, failures, given.has('json'));
  });
}
