// `npm run bench -- record-cost`: what recording costs the edge process. One switch under a steady
// load keeps its records in every second window and forgets them in the others; the difference is
// what encoding, the ring, the recorder's thread and its disk take. Two switches side by side would
// differ by more than that. Ingest does not run: it is another process, and would be busy in the
// windows with records only.
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryPath } from '../../engine/base/paths.ts';
import { numberOf, parseArguments } from './arguments.ts';
import { withLoadSession } from './load-session.ts';
import { machineLine } from './machine.ts';
import { cpuNanosByThread } from './process-stat.ts';
import {
  BLOCK_WINDOWS,
  costOfKeeping,
  isKept,
  medianOf,
  SETTLE_MS,
  windowAt,
  WINDOW_MS,
} from './record-windows.ts';
import { checkList, printVerdict } from './verdict.ts';

export const RECORD_COST_USAGE =
  'record-cost [--rate 2000] [--seconds 300] [--warm-up 20] [--limit-us 8] [--json]   of recording';

const KNOWN = {
  rate: 'value',
  seconds: 'value',
  'warm-up': 'value',
  'limit-us': 'value',
  json: 'flag',
} as const;

const HOLD_MS = 1500;
const RING_MS = 100;
/** The caller begins before the first window and ends after the last. */
const MARGIN_MS = 3000;

/** What a window cost by the thread, in microseconds a call. */
interface Window {
  readonly window: number;
  readonly costs: ReadonlyMap<number, number>;
}

/** Looks at the process in `count` windows: from where it has settled to the end. */
async function watch(pid: number, count: number, rate: number): Promise<Window[]> {
  const windows: Window[] = [];
  const first = windowAt(Date.now()) + 1;
  for (let window = first; window < first + count; window++) {
    await until(window * WINDOW_MS + SETTLE_MS);
    const beganMs = performance.now();
    const before = cpuNanosByThread(pid);
    await until((window + 1) * WINDOW_MS);
    const endedMs = performance.now();
    const after = cpuNanosByThread(pid);
    const calls = (rate * (endedMs - beganMs)) / 1000;
    const costs = new Map<number, number>();
    for (const [thread, nanos] of after) {
      costs.set(thread, (nanos - (before.get(thread) ?? nanos)) / 1000 / calls);
    }
    windows.push({ window, costs });
  }
  return windows;
}

async function until(wallMs: number): Promise<void> {
  while (Date.now() < wallMs) await sleep(wallMs - Date.now());
}

function sumOf(costs: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const cost of costs.values()) sum += cost;
  return sum;
}

/** The thread that costs most: the shard. */
function busiestThread({ costs }: Window): number {
  let busiest = -1;
  for (const [thread, cost] of costs) {
    if (cost > (costs.get(busiest) ?? -1)) busiest = thread;
  }
  return busiest;
}

/** Runs the bench; the exit code: 0, or 1 when a call failed or recording costs more than said. */
export async function runRecordCost(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const rate = numberOf(given, 'rate', 2000);
  const warmUpMs = numberOf(given, 'warm-up', 20, 0) * 1000;
  const count = Math.ceil(
    (numberOf(given, 'seconds', 300, (2 * BLOCK_WINDOWS * WINDOW_MS) / 1000) * 1000) / WINDOW_MS,
  );
  const limitUs = numberOf(given, 'limit-us', 8);
  const options = {
    shards: 1,
    ringMs: RING_MS,
    config: { ingest: false },
    nodeOptions: ['--import', repositoryPath('dist/bench/calls/forgetful-sink.js')],
  };
  return withLoadSession(options, async (session) => {
    const { edge } = session;
    const loadMs = warmUpMs + count * WINDOW_MS + MARGIN_MS;
    const calls = Math.ceil((rate * loadMs) / 1000);
    const caller = await session.startCaller({ calls, rate, holdMs: HOLD_MS });
    await sleep(warmUpMs);
    const windows = await watch(edge.pid, count, rate);
    const result = await caller.done;
    const shard = busiestThread(windows[0]!);
    const whole = windows.map(({ window, costs }) => ({ window, cost: sumOf(costs) }));
    const inShard = windows.map(({ window, costs }) => ({ window, cost: costs.get(shard)! }));
    const cost = costOfKeeping(whole);
    const ofShard = costOfKeeping(inShard);
    const { check, failures } = checkList();
    check(result.counts.failed === 0, `${result.counts.failed} calls failed: ${result.errors}`);
    check(cost.mean <= limitUs, `recording costs more than ${limitUs} us a call`);
    const figures = {
      machine: machineLine(),
      'calls/s': rate,
      windows: count,
      'us a call with records': medianOf(whole.filter(({ window }) => isKept(window))).toFixed(1),
      'us a call without': medianOf(whole.filter(({ window }) => !isKept(window))).toFixed(1),
      'recording, us a call': cost.mean.toFixed(2),
      'its standard error': cost.error.toFixed(2),
      'of it in the shard': ofShard.mean.toFixed(2),
      'of it in the other threads': costOfKeeping(
        whole.map(({ window, cost: all }, i) => ({ window, cost: all - inShard[i]!.cost })),
      ).mean.toFixed(2),
      failed: result.counts.failed,
    };
    return printVerdict(figures, failures, given.has('json'));
  });
}
