// Child of recorder.test.ts: the recorder as a Piscina task, fed with numbered records until the
// process is killed or its standard input ends. Prints `durable N` whenever the recorder says so.
import { once } from 'node:events';
import { Piscina } from 'piscina';
import {
  createRecorderState,
  RecorderFigure,
  RecorderState,
} from '../../engine/cdr/recorder-state.ts';
import { RecordEncoder } from '../../engine/cdr/record-encoder.ts';
import { KIND_CDR, SCHEMA_VERSION } from '../../engine/cdr/schema.ts';
import { createRing, RingProducer } from '../../engine/shm/ring.ts';
import type { RecorderTask } from '../../workers/recorder.ts';
import { frameOf, NODE, sampleCdr } from '../engine/cdr/records.ts';

const [directory, firstText] = process.argv.slice(2);
const ring = createRing(1 << 20);
const stateMemory = createRecorderState();
const state = new RecorderState(stateMemory);
const task: RecorderTask = {
  directory: directory!,
  node: NODE,
  rings: [ring],
  state: stateMemory,
  limits: { maxBytes: 1 << 30, warnPercent: 80, minFreeBytes: 0 },
};
const pool = new Piscina({
  filename: new URL('../../workers/recorder.js', import.meta.url).href,
  maxThreads: 1,
});
const done = pool.run(task, { name: 'runRecorder' });

const producer = new RingProducer(ring);
const encoder = new RecordEncoder();
let next = Number(firstText);

function put(): boolean {
  encoder.cdr(sampleCdr(next));
  const payload = encoder.bytes.subarray(0, encoder.length);
  const frame = frameOf(KIND_CDR, SCHEMA_VERSION, payload);
  const at = producer.claim(1, frame.length);
  if (at < 0) return false;
  frame.copy(producer.bytes, at);
  producer.commit();
  next++;
  return true;
}

const feeder = setInterval(() => {
  for (let i = 0; i < 20 && put(); i++);
  producer.publish();
  process.stdout.write(`durable ${state.get(RecorderFigure.records)}\n`);
}, 2);
process.stdin.resume();
await once(process.stdin, 'end');
clearInterval(feeder);
producer.publish();
state.requestStop();
const complete: unknown = await done;
process.stdout.write(
  `durable ${state.get(RecorderFigure.records)}\ncomplete ${String(complete)} next ${next}\n`,
);
await pool.destroy();
