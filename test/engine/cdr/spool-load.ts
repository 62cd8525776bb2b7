// Worker of spool-reader.test.ts: commits groups of all sizes as fast as the disk takes them. Each
// record begins with its number. Posts how many there were.
import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '../../../engine/base/random.ts';
import { appendRecord, openWriter } from './records.ts';

const { directory, groups } = workerData as { directory: string; groups: number };
const random = seededRandom(7);
const writer = openWriter(directory, { segmentBytes: 1 << 20 });
const payload = Buffer.alloc(1000, 'x');
let records = 0;
for (let group = 0; group < groups; group++) {
  for (let left = 1 + (random.u32() % 60); left > 0; left--) {
    payload.writeUInt32LE(records++);
    appendRecord(writer, 1, 1, payload, 0, 4 + (random.u32() % 900));
  }
  if (!writer.commit()) throw writer.error ?? new Error('no commit');
}
parentPort!.postMessage(records);
