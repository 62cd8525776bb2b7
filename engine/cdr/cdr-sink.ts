// Where call control leaves its records. A shard wires a ring (ring-sink.ts), the simulator lists.
import type { Cdr, CdrAttempt } from './schema.ts';

export interface CdrSink {
  /** Takes the record of an ended call; the object may be reused after. False: lost (counted). */
  cdr(record: Cdr): boolean;
  /** Takes the record of one gateway tried; as {@link CdrSink.cdr}. */
  attempt(record: CdrAttempt): boolean;
  /** Whether another call's records will find room. False: refuse new calls (503, Retry-After). */
  hasRoom(): boolean;
}
