// `npm run bench -- register`: devices register with digest and refresh, at a fixed rate; CPU of
// the edge, what failed, and how much its memory grew. They are behind NAT, so that the edge sends
// them heartbeats and OPTIONS all the time: what that costs alone is measured first.
import { setTimeout as delay } from 'node:timers/promises';
import { benchPhones, OFFERED_ALGORITHMS, Registrants } from '../agents/registrants.ts';
import { SipPort } from '../agents/sip-port.ts';
import { numberOf, parseArguments } from './arguments.ts';
import { benchProvision } from './bench-provision.ts';
import { heapLeft, MEASURED_EDGE } from './heap-left.ts';
import { machineLine } from './machine.ts';
import { cpuMicros, memoryBytes, udpDrops } from './process-stat.ts';
import { startSwitch } from './switch-process.ts';
import { until } from './until.ts';
import { checkList, printVerdict } from './verdict.ts';

export const REGISTER_USAGE =
  'register [--devices 180000] [--rate 2000] [--seconds 30] [--shards 1] [--json]';

const KNOWN = {
  devices: 'value',
  rate: 'value',
  seconds: 'value',
  shards: 'value',
  json: 'flag',
} as const;

const PORTS = 50;
const FIRST_USER = 880_170_000_000;
const TICK_MS = 5;
const SETTLE_MS = 35_000;
/** For a round of heartbeats. */
const IDLE_SECONDS = 30;

/** Runs the bench; the exit code: 0, or 1 when a registration failed. */
export async function runRegister(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const devices = numberOf(given, 'devices', 180_000, 1, 240_000);
  const rate = numberOf(given, 'rate', 2000);
  const seconds = numberOf(given, 'seconds', 30);
  const provision = { ...benchProvision(9), phones: benchPhones(FIRST_USER, devices) };
  const edge = await startSwitch({
    provision,
    shards: numberOf(given, 'shards', 1),
    config: { ingest: false, digestAlgorithms: OFFERED_ALGORITHMS },
    program: MEASURED_EDGE,
  });
  const ports = await Promise.all(
    Array.from({ length: PORTS }, () => SipPort.open('127.0.0.1', 0)),
  );
  try {
    const server = { host: '127.0.0.1', port: edge.sipPort };
    const registrants = new Registrants(ports, server, FIRST_USER, devices);
    const { check, failures } = checkList();
    const heapBefore = await heapLeft(edge);
    const before = memoryBytes(edge.pid).resident;
    const first = await phase(registrants, edge.pid, devices, rate);
    const after = memoryBytes(edge.pid).resident;
    const heapAfter = await heapLeft(edge);
    const idle = await idlePercent(edge.pid);
    const refresh = await phase(registrants, edge.pid, rate * seconds, rate);
    const registered = (await edge.metric('tandem_registrations')) ?? NaN;
    const lost = (await edge.metric('tandem_terminals_lost_total')) ?? NaN;
    const { figures } = registrants;
    check(registered === devices, `${registered} of ${devices} are registered`);
    check(lost === 0, `${lost} were taken for unreachable`);
    check(figures.refused === 0, `${figures.refused} refused`);
    check(figures.timedOut === 0, `${figures.timedOut} without an answer`);
    check((await edge.metric('tandem_exceptions_total')) === 0, 'exceptions in shards');
    return printVerdict(
      {
        machine: machineLine(),
        devices,
        'registrations/s': rate,
        'first, edge CPU %': first,
        'heartbeats and OPTIONS alone, edge CPU %': idle,
        'refresh beside them, edge CPU %': refresh,
        'edge CPU per refresh, µs': Math.round(((refresh - idle) * 10_000) / rate),
        'resident, MiB': Math.round(after / 2 ** 20),
        'answered 200': figures.registered,
        challenged: figures.challenged,
        'sent again': figures.resent,
        'longest, ms': Math.round(figures.longestMs),
        'OPTIONS answered': figures.checks,
        'heap per registration, bytes': Math.round((heapAfter - heapBefore) / devices),
        'RSS per registration, bytes': Math.round((after - before) / devices),
        'kernel drops': udpDrops([edge.sipPort]).get(edge.sipPort) ?? 0,
      },
      failures,
      given.has('json'),
    );
  } finally {
    await Promise.all(ports.map((port) => port.close()));
    await edge.stop();
  }
}

/** CPU of the edge in percent of one core while nobody registers. */
async function idlePercent(pid: number): Promise<number> {
  const cpuBefore = cpuMicros([pid]);
  await delay(IDLE_SECONDS * 1000);
  return Math.round((cpuMicros([pid]) - cpuBefore) / IDLE_SECONDS / 1000) / 10;
}

/** Registers `count` times at `rate`; CPU of the edge in percent of one core. */
async function phase(
  registrants: Registrants,
  pid: number,
  count: number,
  rate: number,
): Promise<number> {
  const began = performance.now();
  const cpuBefore = cpuMicros([pid]);
  await new Promise<void>((resolve) => {
    let asked = 0;
    const most = Math.ceil((2 * rate * TICK_MS) / 1000);
    const timer = setInterval(() => {
      // Held up, it catches up at twice the rate, not at once.
      const due = Math.min(count, asked + most, ((performance.now() - began) / 1000) * rate);
      for (; asked < due; asked++) registrants.register(asked);
      registrants.resend();
      if (asked < count) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const used = cpuMicros([pid]) - cpuBefore;
  const elapsedMs = performance.now() - began;
  await until(() => {
    registrants.resend();
    return registrants.pending === 0 ? true : undefined;
  }, SETTLE_MS);
  return Math.round(used / elapsedMs) / 10;
}
