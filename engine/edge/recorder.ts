// Supervises the recorder thread: CDR rings in, spool out (engine/cdr/recorder.ts). When it dies it
// is started again with the same rings; what waits in them is not lost.
import { getSystemErrorMap } from 'node:util';
import { Piscina } from 'piscina';
import { systemClock } from '../base/clock.ts';
import { RecorderFigure, RecorderState } from '../cdr/recorder-state.ts';
import { reasonFor } from '../cdr/unwritable.ts';
import { HeartbeatWatch } from '../http/heartbeat-watch.ts';
import type { RecorderTask } from '../../workers/recorder.ts';
import type { EdgeLog } from './log.ts';

const RESTART_DELAY_MS = 500;
const STALE_MS = 3000;
const EIO = 5;
const GIB = 2 ** 30;

export class RecorderThread {
  readonly state: RecorderState;
  readonly #task: RecorderTask;
  readonly #log: EdgeLog;
  readonly #pool: Piscina;
  readonly #watch: HeartbeatWatch;
  #ended: Promise<void> = Promise.resolve();
  #running = false;
  #stopping = false;
  /** What the log has said last. */
  #told: string | undefined;

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

  /** spool.maxBytes */
  get maxBytes(): number {
    return this.#task.limits.maxBytes;
  }

  /** To be called about once a second: notices a hang, and tells the log what changes. */
  sample(): void {
    this.#watch.sample();
    const trouble = this.#spoolProblem() ?? this.#alarm();
    const kind = trouble?.split(':', 1)[0];
    if (kind === this.#told) return;
    this.#told = kind;
    const figures = this.#figures();
    if (trouble === undefined) this.#log.info(figures, 'the spool has room and can be written');
    else if (this.state.takesCalls()) this.#log.warn(figures, trouble);
    else this.#log.error(figures, `${trouble}; no new calls until that is over`);
  }

  problem(): string | undefined {
    if (!this.#running) return 'not running';
    return this.#spoolProblem() ?? this.#watch.problem();
  }

  /** Call it after the shards have ended: makes durable what is in the rings. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.state.requestStop();
    await this.#ended;
    await this.#pool.close();
  }

  /** Why no new calls are taken; what stands before the colon names the kind of trouble. */
  #spoolProblem(): string | undefined {
    const errno = this.state.errno();
    const { directory } = this.#task;
    if (errno !== 0) {
      const [code, message] = getSystemErrorMap().get(-errno) ?? [String(errno), 'no known error'];
      return `the spool cannot be written (${code}): ${directory}: ${reasonFor(code, message)}`;
    }
    return this.state.room() === 'full' ? `the spool is full: ${this.#sizes()}` : undefined;
  }

  #alarm(): string | undefined {
    if (this.state.room() !== 'low') return undefined;
    return `the spool nears its bound: ${this.#sizes()}`;
  }

  #figures(): { spoolBytes: number; freeBytes: number } {
    return {
      spoolBytes: this.state.get(RecorderFigure.spoolBytes),
      freeBytes: this.state.get(RecorderFigure.freeBytes),
    };
  }

  #sizes(): string {
    const { limits, directory } = this.#task;
    const gib = (bytes: number): string => (bytes / GIB).toFixed(2);
    const { spoolBytes, freeBytes } = this.#figures();
    const spool = `${gib(spoolBytes)} of spool.maxBytes ${gib(limits.maxBytes)}`;
    const free = `${gib(freeBytes)} left, spool.minFreeBytes is`;
    return `${directory} has ${spool} GiB, its file system ${free} ${gib(limits.minFreeBytes)} GiB`;
  }

  async #died(error: unknown): Promise<void> {
    this.#running = false;
    // Nothing reads the rings: no new calls.
    this.state.setErrno(Math.abs((error as NodeJS.ErrnoException).errno ?? EIO));
    this.#log.error({ error: String(error) }, 'recorder died');
    if (this.#stopping) return;
    await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
    this.start();
    await this.#ended;
  }
}
