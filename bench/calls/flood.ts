// `npm run bench -- flood`: good calls and registrations beside a flood of garbage, torture,
// scanners and guessed passwords, or (--sweeps) beside REGISTER, INVITE and OPTIONS of scanners
// alone: none is lost, and who floods is suspended.
import {
  benchPhones,
  OFFERED_ALGORITHMS,
  Registrants,
  type RegistrantFigures,
} from '../agents/registrants.ts';
import { SipPort } from '../agents/sip-port.ts';
import { numberOf, parseArguments } from './arguments.ts';
import { startHostileSender } from './hostile-sender.ts';
import { withLoadSession } from './load-session.ts';
import { machineLine } from './machine.ts';
import { cpuMicros, udpDrops } from './process-stat.ts';
import { checkList, printVerdict } from './verdict.ts';
import { until } from './until.ts';

export const FLOOD_USAGE = `flood [--rate 500] [--seconds 30] [--flood-rate 5000] [--seed 1]
      [--sweeps] [--shards 1] [--json]`;

const KNOWN = {
  rate: 'value',
  seconds: 'value',
  'flood-rate': 'value',
  seed: 'value',
  sweeps: 'flag',
  shards: 'value',
  json: 'flag',
} as const;

/**
 * A hostile INVITE may be routable, since it comes from a known address: nobody acknowledges its
 * answer, and the call ends 64*T1 = 32 s later (RFC 3261 13.3.1.4).
 */
const CALLS_END_MS = 45_000;

/** Good phones, from an address of their own; 100 registrations a second. */
const PHONES = 500;
const FIRST_USER = 880_170_000_000;
const REGISTER_TICK_MS = 50;
const REGISTERS_PER_TICK = 5;

/** Runs the bench; the exit code: 0, or 1 when a good call was lost or a shard met an exception. */
export async function runFlood(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const rate = numberOf(given, 'rate', 500);
  const calls = rate * numberOf(given, 'seconds', 30);
  const floodRate = numberOf(given, 'flood-rate', 5000);
  const sweeps = given.has('sweeps');
  const seed = numberOf(given, 'seed', 1, 0);
  const shards = numberOf(given, 'shards', 1);
  const provision = { phones: benchPhones(FIRST_USER, PHONES) };
  const config = { digestAlgorithms: OFFERED_ALGORITHMS };
  return withLoadSession({ shards, ringMs: 100, provision, config }, async (session) => {
    const { edge, vendor } = session;
    const { check, failures } = checkList();
    const goodPhones = await startPhones(edge.sipPort);
    const hostile = await startHostileSender(edge.sipPort, floodRate, seed, sweeps);
    const cpuBefore = cpuMicros([edge.pid]);
    const result = await (await session.startCaller({ calls, rate, holdMs: 1000 })).done;
    const cpuUs = cpuMicros([edge.pid]) - cpuBefore;
    await hostile.stop();
    const phones = await goodPhones.stop();
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
    const suspended = (await edge.metric('tandem_suspensions_total')) ?? 0;
    check(
      phones.refused + phones.timedOut === 0,
      `${phones.refused + phones.timedOut} phones failed`,
    );
    check(suspended > 0, 'no scanner was suspended');
    check(idle === true, 'calls are left over');
    check(exceptions === 0, `${exceptions} exceptions in shards: ${edge.log().slice(-3000)}`);
    const figures = {
      machine: machineLine(),
      'good calls': calls,
      'ended well': result.counts.successful,
      resent: result.counts.retransmissions + vendorResult.counts.retransmissions,
      'good registrations': phones.registered,
      'hostile datagrams': hostile.sent(),
      'challenged or refused': (await edge.metric('tandem_authentications_total')) ?? 0,
      suspensions: suspended,
      'of them routed calls': routable,
      sweeps: sweeps ? 'alone' : 'among others',
      seed,
      'kernel drops at the switch': drops,
      'edge CPU %': Math.round(cpuUs / 10_000 / (calls / rate)),
      'answered records so far': good[0]?.answered ?? 0,
    };
    return printVerdict(figures, failures, given.has('json'));
  });
}

/** Phones that register all the time, until they are stopped. */
async function startPhones(sipPort: number): Promise<{ stop: () => Promise<RegistrantFigures> }> {
  const port = await SipPort.open('127.0.0.3', 0);
  const server = { host: '127.0.0.1', port: sipPort };
  const registrants = new Registrants([port], server, FIRST_USER, PHONES);
  let registers = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < REGISTERS_PER_TICK; i++) registrants.register(registers++);
    registrants.resend();
  }, REGISTER_TICK_MS);
  return {
    async stop() {
      clearInterval(timer);
      await until(() => {
        registrants.resend();
        return registrants.pending === 0 ? true : undefined;
      }, 5000);
      await port.close();
      return registrants.figures;
    },
  };
}
