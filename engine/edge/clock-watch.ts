// Notices that the system clock was set: records carry its time, and times of calls that are up go
// on by the monotonic clock, so that no duration is wrong; but starts are, for as long as the clock
// was. Main samples it once a second.
import type { Clock } from '../base/clock.ts';
import type { EdgeLog } from './log.ts';

/** NTP slews by at most 0.5 ms a second: more between two samples is a step. */
const STEP_MS = 500;

export class ClockWatch {
  /** Since the start of this process. */
  steps = 0;
  readonly #clock: Clock;
  readonly #log: Pick<EdgeLog, 'error'>;
  /** Wall clock minus monotonic clock. */
  #offsetMs: number;

  constructor(clock: Clock, log: Pick<EdgeLog, 'error'>) {
    this.#clock = clock;
    this.#log = log;
    this.#offsetMs = clock.wallMs() - clock.monoMs();
  }

  /** To be called about once a second. */
  sample(): void {
    const offsetMs = this.#clock.wallMs() - this.#clock.monoMs();
    const stepMs = Math.round(offsetMs - this.#offsetMs);
    this.#offsetMs = offsetMs;
    if (Math.abs(stepMs) < STEP_MS) return;
    this.steps++;
    this.#log.error({ stepMs }, 'the system clock was set: see to NTP, records carry its time');
  }
}
