// `npm run bench -- flood`: good calls beside a flood of garbage, torture and scanners: none is
// lost.
import { numberOf, parseArguments } from './arguments.ts';
import { startHostileSender } from './hostile-sender.ts';
import { withLoadSession } from './load-session.ts';
import { machineLine } from './machine.ts';
import { cpuMicros, udpDrops } from './process-stat.ts';
import { checkList, printVerdict } from './verdict.ts';
import { until } from './until.ts';

export const FLOOD_USAGE =
  'flood [--rate 500] [--seconds 30] [--flood-rate 3000] [--seed 1] [--shards 1] [--json]';

const KNOWN = {
  rate: 'value',
  seconds: 'value',
  'flood-rate': 'value',
  seed: 'value',
  shards: 'value',
  json: 'flag',
} as const;

/**
 * A hostile INVITE may be routable, since it comes from a known address: nobody acknowledges its
 * answer, and the call ends 64*T1 = 32 s later (RFC 3261 13.3.1.4).
 */
const CALLS_END_MS = 45_000;

/** Runs the bench; the exit code: 0, or 1 when a good call was lost or a shard met an exception. */
export async function runFlood(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const rate = numberOf(given, 'rate', 500);
  const calls = rate * numberOf(given, 'seconds', 30);
  const floodRate = numberOf(given, 'flood-rate', 3000);
  const seed = numberOf(given, 'seed', 1, 0);
  return withLoadSession({ shards: numberOf(given, 'shards', 1), ringMs: 100 }, async (session) => {
    const { edge, vendor } = session;
    const { check, failures } = checkList();
    const hostile = await startHostileSender(edge.sipPort, floodRate, seed);
    const cpuBefore = cpuMicros([edge.pid]);
    const result = await (await session.startCaller({ calls, rate, holdMs: 1000 })).done;
    const cpuUs = cpuMicros([edge.pid]) - cpuBefore;
    await hostile.stop();
    const idle = await until(async () => {
      return (await edge.metric('tandem_calls_active')) === 0 ? true : undefined;
    }, CALLS_END_MS);
    const exceptions = (await edge.metric('tandem_exceptions_total')) ?? NaN;
    const drops = udpDrops([edge.sipPort]).get(edge.sipPort) ?? 0;
    const good = await edge.query<{ answered: number }>(
      `select countIf(toUnixTimestamp64Milli(assumeNotNull(answered_at)) > 0) as answered
       from tandem.cdr`,
    );
    const vendorResult = await vendor.stop();
    check(
      result.counts.failed === 0,
      `${result.counts.failed} good calls failed: ${result.errors}`,
    );
    check(result.counts.successful === calls, `${result.counts.successful} of ${calls} ended well`);
    const routable = vendorResult.counts.created - calls;
    check(routable >= 0, `${vendorResult.counts.created} at the vendor`);
    check(idle === true, 'calls are left over');
    check(exceptions === 0, `${exceptions} exceptions in shards: ${edge.log().slice(-3000)}`);
    const figures = {
      machine: machineLine(),
      'good calls': calls,
      'ended well': result.counts.successful,
      resent: result.counts.retransmissions + vendorResult.counts.retransmissions,
      'hostile datagrams': hostile.sent(),
      'of them routed calls': routable,
      seed,
      'kernel drops at the switch': drops,
      'edge CPU %': Math.round(cpuUs / 10_000 / (calls / rate)),
      'answered records so far': good[0]?.answered ?? 0,
    };
    return printVerdict(figures, failures, given.has('json'));
  });
}
