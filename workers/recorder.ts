// Entry point of the recorder thread: a Piscina task that runs until it is asked to stop.
// Logic: engine/cdr/recorder.ts. When it dies main starts it again with the same rings.
import { mkdirSync } from 'node:fs';
import { systemClock } from '../engine/base/clock.ts';
import { Recorder } from '../engine/cdr/recorder.ts';
import { RecorderState } from '../engine/cdr/recorder-state.ts';
import { recoverSpool } from '../engine/cdr/spool-recovery.ts';
import { SpoolRoom, type SpoolLimits } from '../engine/cdr/spool-room.ts';
import { SpoolWriter } from '../engine/cdr/spool-writer.ts';
import { RingConsumer } from '../engine/shm/ring.ts';

export interface RecorderTask {
  /** Directory of the spool; created when missing. */
  readonly directory: string;
  readonly node: string;
  /** One CDR ring per shard (engine/shm/ring.ts). */
  readonly rings: readonly SharedArrayBuffer[];
  /** createRecorderState() of engine/cdr/recorder-state.ts. */
  readonly state: SharedArrayBuffer;
  readonly limits: SpoolLimits;
}

/**
 * Name of the Piscina task. Resolves when a stop was requested and all rings are empty.
 * @returns whether every record is durable.
 * @throws the system's errors when the spool directory cannot be used at all.
 */
export function runRecorder(task: RecorderTask): boolean {
  mkdirSync(task.directory, { recursive: true });
  const state = new RecorderState(task.state);
  const recovery = recoverSpool(task.directory, task.node);
  const writer = new SpoolWriter({
    directory: task.directory,
    node: task.node,
    sequence: recovery.sequence + 1,
    clock: systemClock,
  });
  const sources = task.rings.map((ring) => new RingConsumer(ring));
  const room = new SpoolRoom(task.directory, task.limits);
  // The spool could be read: what stopped a predecessor is over, as far as anybody knows.
  state.setErrno(0);
  return new Recorder(sources, writer, state, systemClock, room).run();
}
