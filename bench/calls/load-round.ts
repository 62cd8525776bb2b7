// One round of load: vendor, target, a warm-up, then the measured calls, and what they cost.
//
// CPU per call = CPU time of the target's processes from the first measured call until the last has
// ended, divided by the calls. The warm-up runs on the same processes before: it fills caches and
// lets the JIT compile, and is not counted. It runs at the same rate, or rises to it step by step.
import { repositoryPath } from '../../engine/base/paths.ts';
import { freeUdpPort } from '../../infra/free-port.ts';
import type { LoadTarget, RecordedCalls, StartTarget } from './load-target.ts';
import { cpuMicros, cpuPressureMicros, memoryBytes, udpDrops } from './process-stat.ts';
import { startSipp } from './sipp-process.ts';
import type { SippProcess, SippResult } from './sipp-process.ts';
import type { Latency } from './sipp-statistics.ts';

export interface LoadOptions {
  /** New calls per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** The warm-up reaches the rate in equal steps, a second each, and stays there for a second. */
  readonly rampUp?: boolean;
  /** From answer to BYE. */
  readonly holdMs: number;
  /** From INVITE at the vendor to its answer. */
  readonly ringMs: number;
}

export interface LoadResult {
  readonly target: string;
  readonly rate: number;
  readonly calls: number;
  readonly failed: number;
  /** By SIPp, caller and vendor together. */
  readonly retransmissions: number;
  readonly cpuUsPerCall: number;
  readonly recordCpuUsPerCall: number;
  /** INVITE to 100, 180 and 200 as the caller sees them; the last contains the ring time. */
  readonly trying: Latency | undefined;
  readonly ringing: Latency | undefined;
  readonly answer: Latency | undefined;
  readonly peakCalls: number;
  /**
   * Share of the round's time in which something waited for a core (PSI), 0..1: SIPp and strangers
   * included. Near 1 a round says little; undefined where the kernel does not tell.
   */
  readonly cpuPressure: number | undefined;
  /** Calls of the warm-up that failed. */
  readonly warmUpFailed: number;
  /** Resident memory of the target's processes when the load ended, bytes. */
  readonly residentBytes: number;
  /** Datagrams that the kernel dropped for want of buffer. */
  readonly dropsAtTarget: number;
  readonly dropsAtSipp: number;
  /** Calls of the round without a record, warm-up included; undefined: the target keeps none. */
  readonly lostRecords: number | undefined;
  readonly doubleRecords: number | undefined;
  /** SIPp's complaints, for the eye; empty when all went well. */
  readonly errors: string;
}

function scenario(name: string): string {
  return repositoryPath('bench/calls/scenarios', name);
}

async function startCaller(
  target: LoadTarget,
  options: LoadOptions,
  calls: number,
  rampSeconds = 0,
): Promise<SippProcess> {
  return startSipp({
    scenario: scenario('caller.xml'),
    numbers: scenario('numbers.csv'),
    port: await freeUdpPort(),
    target: `127.0.0.1:${target.sipPort}`,
    rate: options.rate,
    calls,
    pauseMs: options.holdMs,
    // A call may retransmit for 32 s (64 * T1) before it fails.
    timeoutSeconds: Math.ceil(calls / options.rate + options.holdMs / 1000) + 45 + rampSeconds,
    rampSeconds,
    responseTimes: true,
  });
}

interface Drops {
  atTarget: number;
  atSipp: number;
}

/**
 * Sockets take their drop counts with them when they close: looks each half second until stopped.
 */
function watchDrops(targetPort: number, sippPorts: readonly number[]): () => Drops {
  const first = udpDrops([targetPort, ...sippPorts]);
  let last = first;
  const look = (): void => {
    const now = udpDrops([targetPort, ...sippPorts]);
    for (const [port, count] of last) now.set(port, Math.max(count, now.get(port) ?? 0));
    last = now;
  };
  const timer = setInterval(look, 500);
  const since = (port: number): number => (last.get(port) ?? 0) - (first.get(port) ?? 0);
  return () => {
    clearInterval(timer);
    look();
    return {
      atTarget: since(targetPort),
      atSipp: sippPorts.reduce((sum, port) => sum + since(port), 0),
    };
  };
}

interface Measured {
  caller: SippResult;
  cpuUs: number;
  recordCpuUs: number;
  residentBytes: number;
  cpuPressure: number | undefined;
  drops: Drops;
}

async function measure(
  target: LoadTarget,
  options: LoadOptions,
  vendorPort: number,
): Promise<Measured> {
  const engine = target.enginePids();
  const records = target.recordPids();
  const cpuBefore = cpuMicros(engine);
  const recordCpuBefore = cpuMicros(records);
  const pressureBefore = cpuPressureMicros();
  const began = performance.now();
  const caller = await startCaller(target, options, Math.round(options.rate * options.seconds));
  const stopWatching = watchDrops(target.sipPort, [caller.port, vendorPort]);
  const result = await caller.done;
  const pressure = cpuPressureMicros();
  const spentUs = (performance.now() - began) * 1000;
  return {
    caller: result,
    cpuUs: cpuMicros(engine) - cpuBefore,
    recordCpuUs: cpuMicros(records) - recordCpuBefore,
    residentBytes: engine.reduce((sum, pid) => sum + memoryBytes(pid).resident, 0),
    cpuPressure:
      pressure === undefined || pressureBefore === undefined
        ? undefined
        : (pressure - pressureBefore) / spentUs,
    drops: stopWatching(),
  };
}

function assemble(
  target: LoadTarget,
  options: LoadOptions,
  measured: Measured,
  warm: { calls: number; failed: number },
  vendor: SippResult,
  records: RecordedCalls | undefined,
): LoadResult {
  const { caller } = measured;
  const calls = caller.counts.created;
  return {
    target: target.name,
    rate: options.rate,
    calls,
    // A run that SIPp gave up has calls that it neither ended well nor counted as failed.
    failed: Math.max(caller.counts.failed, calls - caller.counts.successful),
    retransmissions: caller.counts.retransmissions + vendor.counts.retransmissions,
    cpuUsPerCall: measured.cpuUs / Math.max(1, calls),
    recordCpuUsPerCall: measured.recordCpuUs / Math.max(1, calls),
    trying: caller.latency.get('1'),
    ringing: caller.latency.get('2'),
    answer: caller.latency.get('3'),
    peakCalls: caller.counts.peakCalls,
    cpuPressure: measured.cpuPressure,
    warmUpFailed: warm.failed,
    residentBytes: measured.residentBytes,
    dropsAtTarget: measured.drops.atTarget,
    dropsAtSipp: measured.drops.atSipp,
    lostRecords: records === undefined ? undefined : calls + warm.calls - records.distinct,
    doubleRecords: records === undefined ? undefined : records.rows - records.distinct,
    errors: [caller.errors, vendor.errors].join('\n').trim().slice(0, 2000),
  };
}

async function runWarmUp(
  target: LoadTarget,
  options: LoadOptions,
): Promise<SippResult | undefined> {
  const { rate, warmUpSeconds: seconds, rampUp = false } = options;
  if (seconds <= 0) return undefined;
  // The steps add up to half a second more than half of the time at the full rate.
  const calls = Math.round(rate * (rampUp ? (seconds + 1) / 2 + 1 : seconds));
  return (await startCaller(target, options, calls, rampUp ? seconds : 0)).done;
}

/** Starts a target, loads it, stops it. Throws when the target or SIPp does not start. */
export async function runLoadRound(start: StartTarget, options: LoadOptions): Promise<LoadResult> {
  const vendorPort = await freeUdpPort();
  const target = await start(vendorPort);
  try {
    const vendor = startSipp({
      scenario: scenario('vendor.xml'),
      port: vendorPort,
      pauseMs: options.ringMs,
      timeoutSeconds: (options.seconds + options.warmUpSeconds) * 3 + 240,
    });
    try {
      const warmUp = await runWarmUp(target, options);
      const measured = await measure(target, options, vendorPort);
      const warm = { calls: warmUp?.counts.created ?? 0, failed: warmUp?.counts.failed ?? 0 };
      const records = await target.recordedCalls(measured.caller.counts.created + warm.calls);
      return assemble(target, options, measured, warm, await vendor.stop(), records);
    } finally {
      await vendor.stop(true);
    }
  } finally {
    await target.stop();
  }
}
