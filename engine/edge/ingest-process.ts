// Supervises the ingest process (ingest/main.ts): a process of its own, since nothing that happens
// with Kafka or ClickHouse may stop a packet. It is started again when it ends.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { deliveryProblem, ingestFigures } from '../http/ingest-figures.ts';
import type { ReportedIngest } from '../http/ingest-figures.ts';
import type { IngestFigures } from '../http/metrics-source.ts';
import type { EdgeLog } from './log.ts';

const RESTART_DELAY_MS = 1000;
/** Ingest reports once a second. */
const STALE_MS = 5000;

export class IngestProcess {
  readonly #configFile: string;
  readonly #log: EdgeLog;
  #child: ChildProcess | null = null;
  #report: ReportedIngest | undefined;
  #reportedAtMs = 0;
  #restarts = 0;
  #stopping = false;

  constructor(configFile: string, log: EdgeLog) {
    this.#configFile = configFile;
    this.#log = log;
  }

  start(): void {
    const script = fileURLToPath(new URL('../../ingest/main.js', import.meta.url));
    const child = fork(script, ['--config', this.#configFile], {
      execArgv: ['--enable-source-maps'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message) => {
      this.#report = message as ReportedIngest;
      this.#reportedAtMs = performance.now();
    });
    child.on('exit', (code, signal) => {
      this.#child = null;
      this.#report = undefined;
      if (this.#stopping) return;
      this.#log.error({ code, signal }, 'ingest process ended, starting it again');
      this.#restarts++;
      setTimeout(() => {
        if (!this.#stopping) this.start();
      }, RESTART_DELAY_MS).unref();
    });
  }

  figures(): IngestFigures | undefined {
    const report = this.#report;
    return report && ingestFigures(report, this.#child !== null, this.#restarts);
  }

  /** Why ingest is not fit; undefined when it is. */
  problem(): string | undefined {
    if (this.#child === null) return 'not running';
    if (this.#report === undefined) return 'starting';
    if (performance.now() - this.#reportedAtMs > STALE_MS) return 'no report for 5 s';
    return undefined;
  }

  clickHouseProblem(): string | undefined {
    return deliveryProblem(this.#report);
  }

  /** Has it read the provision again, which the edge has applied. */
  reload(): void {
    this.#child?.send('reload', () => undefined);
  }

  /** Lets it deliver what is in the spool, then end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
}
