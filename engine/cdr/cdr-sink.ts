// Where call control leaves its records. A shard wires a ring (ring-sink.ts), the simulator lists.
import type { CallState } from './call-state.ts';
import type { Cdr, CdrAttempt, KIND_ALIVE, KIND_START } from './schema.ts';

export type StateKind = typeof KIND_START | typeof KIND_ALIVE;

export interface CdrSink {
  /**
   * Takes the record of an ended call; the object may be reused after. False: lost (counted).
   * @param answered the attempt that was answered; null when none was
   * @param withheld on record for a restart, delivered nowhere
   */
  cdr(record: Cdr, answered: CdrAttempt | null, withheld: boolean): boolean;
  /** Takes the record of one gateway that was tried in vain; as {@link CdrSink.cdr}. */
  attempt(record: CdrAttempt): boolean;
  /** Takes the state of an answered call; as {@link CdrSink.cdr}. False: too large, or lost. */
  state(kind: StateKind, state: CallState): boolean;
  /** Whether another call's records will find room. False: refuse new calls (503, Retry-After). */
  hasRoom(): boolean;
}
