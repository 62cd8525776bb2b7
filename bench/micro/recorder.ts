// The recorder's thread alone (workers/recorder.ts): blocks of frames come into its ring as from a
// shard that sleeps in each turn; it writes and fsyncs them. Prints its CPU per call and per turn.
// node dist/bench/micro/recorder.js [calls per second] [seconds] [folder on the disk to measure]
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { systemClock } from '../../engine/base/clock.ts';
import { FRAME_HEADER_BYTES, writeFrame } from '../../engine/cdr/frame.ts';
import {
  createRecorderState,
  RecorderFigure,
  RecorderState,
} from '../../engine/cdr/recorder-state.ts';
import { KIND_ATTEMPT, SCHEMA_VERSION } from '../../engine/cdr/schema.ts';
import { recordRing } from '../../engine/shard/record-ring.ts';
import { createRing } from '../../engine/shm/ring.ts';
import { runRecorder, type RecorderTask } from '../../workers/recorder.ts';

const RATE = Number(process.argv[2] ?? 1000);
const SECONDS = Number(process.argv[3] ?? 20);
const FOLDER = process.argv[4] ?? tmpdir();
const WARM_UP_S = 3;
const WINDOW_S = 10;
/** START and CDR of an answered call, frames included. */
const CALL_BYTES = 1040;
const RECORDS_A_CALL = 2;
/** A shard's turn from 1,000 calls/s on. */
const TURN_MS = 20;

/** CPU of the recorder's thread, us: the busiest one beside main. */
function recorderUs(): number {
  let ns = 0;
  for (const tid of readdirSync('/proc/self/task')) {
    if (Number(tid) === process.pid) continue;
    const schedstat = readFileSync(`/proc/self/task/${tid}/schedstat`, 'latin1');
    ns = Math.max(ns, Number(schedstat.split(' ', 1)[0]));
  }
  return ns / 1000;
}

/** A block with the records of `calls` calls. */
function blockOf(calls: number): Buffer {
  const block = Buffer.alloc(calls * CALL_BYTES);
  const payload = Buffer.alloc(CALL_BYTES - FRAME_HEADER_BYTES);
  for (let at = 0; at < block.length;) {
    at = writeFrame(block, at, KIND_ATTEMPT, SCHEMA_VERSION, payload, 0, payload.length);
  }
  return block;
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(FOLDER, 'recorder-'));
  const memory = createRing(8 << 20);
  const state = createRecorderState();
  const limits = { maxBytes: 64 << 30, warnPercent: 70, minFreeBytes: 1 << 20 };
  const task: RecorderTask = { directory, node: 'bench', rings: [memory], state, limits };
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  const recorder = new RecorderState(state);
  const ring = recordRing(memory);
  const calls = Math.round((RATE * TURN_MS) / 1000);
  const block = blockOf(calls);
  const run = async (seconds: number): Promise<void> => {
    const began = systemClock.monoMs();
    for (let i = 1; i <= (seconds * 1000) / TURN_MS; i++) {
      if (calls > 0) ring.offer(RECORDS_A_CALL * calls, block, block.length);
      const next = began + i * TURN_MS;
      ring.quietUntil(next);
      await sleep(Math.max(0, next - systemClock.monoMs()));
    }
  };
  await run(WARM_UP_S);
  for (let done = 0; done < SECONDS; done += WINDOW_S) {
    const before = { us: recorderUs(), turns: recorder.heartbeat() };
    const recordsBefore = recorder.get(RecorderFigure.records);
    await run(WINDOW_S);
    const us = recorderUs() - before.us;
    const turns = recorder.heartbeat() - before.turns;
    const ended = (recorder.get(RecorderFigure.records) - recordsBefore) / RECORDS_A_CALL;
    const perCall = ended === 0 ? '' : `${(us / ended).toFixed(2)} us a call, `;
    process.stdout.write(`${perCall}${(us / turns).toFixed(0)} us a turn, ${turns} turns\n`);
  }
  recorder.requestStop();
  await new Promise((resolve) => worker.once('exit', resolve));
  rmSync(directory, { recursive: true });
}

if (isMainThread) await main();
else runRecorder(workerData as RecorderTask);
