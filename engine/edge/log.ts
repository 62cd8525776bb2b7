// The log of the edge process: pino on main only; threads report to main through their ports.
import { destination, pino, type Logger } from 'pino';

export type EdgeLog = Logger;

/** Lines of JSON on standard error, written at once: the last one before an end is never lost. */
export function openLog(node: string): EdgeLog {
  return pino({ name: 'tandem', base: { node } }, destination({ dest: 2, sync: true }));
}
