// Thread of suspensions.test.ts: fails under names that its siblings use at the same time.
// Tally: 0 meetings, 1 sleeping place, then for each name how often a failure has suspended it.
import { workerData } from 'node:worker_threads';
import { Suspect, Suspensions } from '../../../engine/registry/suspensions.ts';

export interface RaceTask {
  readonly memory: SharedArrayBuffer;
  readonly tally: SharedArrayBuffer;
  readonly threads: number;
  readonly names: readonly string[];
  readonly fails: number;
  readonly limit: number;
  readonly nowMs: number;
}

/** Cells of the tally before those of the names. */
export const TALLY_HEAD = 2;
export const SUSPEND_S = 60;
const MAX_LOOKS = 100_000;

const task = workerData as RaceTask | null;
if (task !== null) race(task);

function race({ memory, tally, threads, names, fails, limit, nowMs }: RaceTask): void {
  const table = new Suspensions(memory);
  const cells = new Int32Array(tally);
  names.forEach((name, i) => {
    // All begin with a name together: this is where it is made.
    Atomics.add(cells, 0, 1);
    // Awake, or they would come one after the other; asleep only when a sibling has no core.
    for (let looks = 0; Atomics.load(cells, 0) < threads * (i + 1); looks++) {
      if (looks > MAX_LOOKS) Atomics.wait(cells, 1, 0, 1);
    }
    for (let n = 0; n < fails; n++) {
      const suspended = table.fail(Suspect.Source, name, nowMs, limit, SUSPEND_S);
      if (suspended) Atomics.add(cells, TALLY_HEAD + i, 1);
    }
  });
}
