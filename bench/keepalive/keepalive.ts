// `npm run bench -- keepalive`: heartbeats to many registered devices behind NAT while calls run:
// each device in each cycle, what the pacer costs, and that no call fails for it.
import { numberOf, parseArguments, UsageError } from '../calls/arguments.ts';
import { freeUdpPort } from '../../infra/free-port.ts';
import { withLoadSession, type LoadSession } from '../calls/load-session.ts';
import { machineLine } from '../calls/machine.ts';
import { cpuMicros, memoryBytes, udpDrops } from '../calls/process-stat.ts';
import { sippMissing } from '../calls/sipp-process.ts';
import { mebibytes } from '../calls/table.ts';
import { until } from '../calls/until.ts';
import { checkList, printVerdict } from '../calls/verdict.ts';
import { MAX_DEVICES } from './device-addresses.ts';
import { DeviceSink } from './device-sink.ts';

export const KEEPALIVE_USAGE = `keepalive [--devices 180000] [--cycles 3] [--rate 500] [--shards 1]
      [--cpu-percent 12] [--json]   NAT heartbeats beside calls`;

const KNOWN = {
  devices: 'value',
  cycles: 'value',
  rate: 'value',
  shards: 'value',
  'cpu-percent': 'value',
  json: 'flag',
} as const;

/** The default of SS_SIP_NAT_KEEP_ALIVE_PERIOD and of _MESSAGE. */
const PERIOD_S = 30;
const PAYLOAD = 'HELLO';
const HOLD_MS = 1500;
/** Between two batches: what came before belongs to the last one. */
const QUIET_MS = 100;

interface Reading {
  readonly atMs: number;
  readonly pacerCpuS: number;
  readonly edgeCpuUs: number;
}

async function read({ edge }: LoadSession): Promise<Reading> {
  const pacerCpuS = (await edge.metric('tandem_pacer_cpu_seconds_total')) ?? NaN;
  return { atMs: performance.now(), pacerCpuS, edgeCpuUs: cpuMicros([edge.pid]) };
}

/** Waits for the pause between two batches, at most a minute. */
async function betweenBatches(sink: DeviceSink): Promise<void> {
  await until(() => (sink.quietMs < 20 ? true : undefined), 60_000, 5);
  await until(() => (sink.quietMs > QUIET_MS ? true : undefined), 60_000, 5);
}

interface Options {
  readonly devices: number;
  readonly cycles: number;
  readonly rate: number;
  readonly cpuLimit: number;
  readonly json: boolean;
}

/** The loads and the readings; prints and judges them. */
async function observe(session: LoadSession, sink: DeviceSink, options: Options): Promise<number> {
  const { devices, cycles, rate } = options;
  const { edge } = session;
  const { check, failures } = checkList();
  sink.answerTo(edge.sipPort);
  const seconds = PERIOD_S * (cycles + 1) + 5;
  const caller = await session.startCaller({ calls: rate * seconds, rate, holdMs: HOLD_MS });
  // The first cycle warms up calls and pacer.
  await new Promise((resolve) => setTimeout(resolve, PERIOD_S * 1000));
  await betweenBatches(sink);
  sink.reset();
  const before = await read(session);
  await new Promise((resolve) => setTimeout(resolve, cycles * PERIOD_S * 1000));
  const { least, most, total, checks, longestGapMs, strange } = sink.figures();
  const after = await read(session);
  const rss = memoryBytes(edge.pid).resident;
  const shortfall = (await edge.metric('tandem_heartbeat_shortfall')) ?? NaN;
  const late = (await edge.metric('tandem_heartbeat_batches_late_total')) ?? NaN;
  const drops = udpDrops([sink.port]).get(sink.port) ?? 0;
  const result = await caller.done;
  const spentS = (after.atMs - before.atMs) / 1000;
  const percent = ((after.pacerCpuS - before.pacerCpuS) / spentS) * 100;
  const edgePercent = ((after.edgeCpuUs - before.edgeCpuUs) / 1e6 / spentS) * 100;
  const { failed, created } = result.counts;
  check(least === cycles, `a device got ${least} heartbeats in ${cycles} cycles`);
  check(most === cycles, `a device got ${most} heartbeats in ${cycles} cycles`);
  check(shortfall === 0, `shortfall of the last cycle: ${shortfall}`);
  check(percent < options.cpuLimit, `pacer: ${percent.toFixed(2)} % of a core`);
  check(failed === 0, `${failed} calls failed: ${result.errors}`);
  check(strange === 0, `${strange} datagrams that are neither heartbeats nor OPTIONS`);
  const figures = {
    machine: machineLine(),
    devices,
    cycles,
    'heartbeats per device': `${least} to ${most}`,
    'heartbeats/s': Math.round(total / spentS),
    'longest gap s': (longestGapMs / 1000).toFixed(2),
    'shortfall of the last cycle': shortfall,
    'late batches': late,
    'OPTIONS/s': Math.round(checks / spentS),
    'drops at the devices': drops,
    'pacer, % of a core': percent.toFixed(2),
    'edge, % of a core': edgePercent.toFixed(1),
    'edge RSS': mebibytes(rss),
    'calls/s': rate,
    calls: created,
    'failed calls': failed,
  };
  return printVerdict(figures, failures, options.json);
}

/** Runs the bench; the exit code: 0, or 1 when a device was left out or a call failed. */
export async function runKeepAlive(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const missing = sippMissing();
  if (missing !== undefined) throw new UsageError(missing);
  const options = {
    devices: numberOf(given, 'devices', 180_000, 1, MAX_DEVICES),
    cycles: numberOf(given, 'cycles', 3, 1, 1000),
    rate: numberOf(given, 'rate', 500),
    cpuLimit: numberOf(given, 'cpu-percent', 12),
    json: given.has('json'),
  };
  const { devices } = options;
  const sink = new DeviceSink(await freeUdpPort(), devices, PAYLOAD);
  const program = {
    script: 'dist/bench/keepalive/filled-edge.js',
    arguments: ['--devices', String(devices), '--port', String(sink.port)],
  };
  const session = { shards: numberOf(given, 'shards', 1), ringMs: 100, program };
  try {
    return await withLoadSession(session, (running) => observe(running, sink, options));
  } finally {
    sink.close();
  }
}
