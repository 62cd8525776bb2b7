// Thread of gates.test.ts: enters and leaves one gate, and takes a rate, against its siblings.
// Tally: 0 inside now, 1 most inside, 2 times over the capacity, 3 entered, 4 rate admitted,
// 5 ready.
import { workerData } from 'node:worker_threads';
import { SharedGates } from '../../../engine/shm/gates.ts';

interface Task {
  memory: SharedArrayBuffer;
  tally: SharedArrayBuffer;
  slots: number;
  shard: number;
  rounds: number;
  capacity: number;
  perSecond: number;
}

const SECONDS = 10;
const THREADS = 3;
const task = workerData as Task;
const tally = new Int32Array(task.tally);
const gates = new SharedGates(task.memory, task.slots, task.shard);

/** All threads go on together: `step` counts the meetings. */
function meet(step: number): void {
  Atomics.add(tally, 5, 1);
  while (Atomics.load(tally, 5) < THREADS * step) Atomics.wait(tally, 6, 0, 1);
}

meet(1);
for (let i = 0; i < task.rounds; i++) {
  if (!gates.tryEnter(0, task.capacity)) continue;
  const inside = Atomics.add(tally, 0, 1) + 1;
  if (inside > task.capacity) Atomics.add(tally, 2, 1);
  if (inside > Atomics.load(tally, 1)) Atomics.store(tally, 1, inside);
  Atomics.add(tally, 3, 1);
  // Held over a sleep now and then: the others must find the gate full, even on one core.
  if (i % 2000 === 0) Atomics.wait(tally, 6, 0, 1);
  Atomics.sub(tally, 0, 1);
  gates.leave(0);
}

for (let second = 0; second < SECONDS; second++) {
  meet(second + 2);
  for (let i = 0; i < task.perSecond; i++) {
    if (gates.tryRate(1, task.perSecond, 1000 * (second + 1))) Atomics.add(tally, 4, 1);
  }
}
