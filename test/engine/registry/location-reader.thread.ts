// Thread of location-writer.test.ts: reads while the writer writes. Tally: 0 readers ready,
// 1 reads, 2 stop, 3 torn registrations, 4 lasting ones missed.
import { workerData } from 'node:worker_threads';
import { LocationTable } from '../../../engine/registry/location-table.ts';

interface Task {
  memory: SharedArrayBuffer;
  tally: SharedArrayBuffer;
  fixed: number;
}

const { memory, tally, fixed } = workerData as Task;
const words = new Int32Array(tally);
const table = new LocationTable(memory);

Atomics.add(words, 0, 1);
for (let turn = 0; Atomics.load(words, 2) === 0; turn++) {
  const found = table.lookUp(`moving${turn % 20}`, 0);
  for (const { contact, callId, userAgent, q, cseq } of found) {
    const whole = contact === callId && contact === userAgent;
    if (!whole || q !== contact.length || cseq !== contact.length) Atomics.add(words, 3, 1);
  }
  if (table.lookUp(`fixed${turn % fixed}`, 0).length !== 1) Atomics.add(words, 4, 1);
  Atomics.add(words, 1, 1);
}
