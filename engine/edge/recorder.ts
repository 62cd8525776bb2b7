// Supervises the recorder thread: CDR rings in, spool out (engine/cdr/recorder.ts). When it dies it
// is started again with the same rings; what waits in them is not lost.
import { Piscina } from 'piscina';
import { systemClock } from '../base/clock.ts';
import { RecorderState } from '../cdr/recorder-state.ts';
import { HeartbeatWatch } from '../http/heartbeat-watch.ts';
import type { RecorderTask } from '../../workers/recorder.ts';
import type { EdgeLog } from './log.ts';

const RESTART_DELAY_MS = 500;
const STALE_MS = 3000;

export class RecorderThread {
  readonly state: RecorderState;
  readonly #task: RecorderTask;
  readonly #log: EdgeLog;
  readonly #pool: Piscina;
  readonly #watch: HeartbeatWatch;
  #ended: Promise<void> = Promise.resolve();
  #running = false;
  #stopping = false;

  constructor(task: RecorderTask, log: EdgeLog) {
    this.#task = task;
    this.#log = log;
    this.state = new RecorderState(task.state);
    this.#watch = new HeartbeatWatch(() => this.state.heartbeat(), systemClock, STALE_MS);
    this.#pool = new Piscina({
      filename: new URL('../../workers/recorder.js', import.meta.url).href,
      minThreads: 1,
      maxThreads: 1,
      atomics: 'disabled',
      recordTiming: false,
    });
  }

  start(): void {
    this.#running = true;
    const run = this.#pool.run(this.#task, { name: 'runRecorder' }) as Promise<boolean>;
    this.#ended = run.then(
      (complete) => {
        this.#running = false;
        if (!complete) this.#log.error('records remain that could not be written to the spool');
      },
      (error: unknown) => this.#died(error),
    );
  }

  get running(): boolean {
    return this.#running;
  }

  /** To be called about once a second. */
  sample(): void {
    this.#watch.sample();
  }

  problem(): string | undefined {
    if (!this.#running) return 'not running';
    const errno = this.state.errno();
    if (errno !== 0) return `the spool cannot be written (errno ${errno})`;
    return this.#watch.problem();
  }

  /** Call it after the shards have ended: makes durable what is in the rings. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.state.requestStop();
    await this.#ended;
    await this.#pool.close();
  }

  async #died(error: unknown): Promise<void> {
    this.#running = false;
    this.#log.error({ error: String(error) }, 'recorder died');
    if (this.#stopping) return;
    await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
    this.start();
    await this.#ended;
  }
}
