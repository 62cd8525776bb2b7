// What runs side by side in the ingest process: deliveries, rollups, nightly reports, CDR files,
// pushes. main.ts takes the jobs of jobs.ts and runs each until the stop.
import type { KafkaTarget } from '../engine/config/kafka-settings.ts';
import type { Config } from '../engine/config/load.ts';
import { BackOff } from './back-off.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';
import { setProblem } from './ingest-state.ts';
import type { KafkaLibrary } from './kafka/rdkafka.ts';
import type { LiveParameters } from './live-parameters.ts';

/** What every job is given. */
export interface IngestContext {
  readonly config: Config;
  /** SERVER_ parameters: read `current` whenever you act by one. */
  readonly parameters: LiveParameters;
  /** Folder of the spool, by its absolute path. */
  readonly directory: string;
  readonly state: IngestState;
  readonly log: IngestLog;
  /** Null: records go from the spool straight to ClickHouse. */
  readonly kafka: { readonly library: KafkaLibrary; readonly target: KafkaTarget } | null;
}

export interface IngestJob {
  /** Stands in the log and before the job's problem in /readyz. */
  readonly name: string;
  /**
   * Works until `stop` aborts and nothing is left to do, or until `abort` aborts. Outages are its
   * own affair: it waits and goes on. Whatever it throws is logged, and it is run again.
   * @returns whether nothing is left for the next start.
   */
  run(stop: AbortSignal, abort: AbortSignal): Promise<boolean>;
  /** Bytes of the spool that it has before it, for the jobs that bring records to ClickHouse. */
  lagBytes?(): number;
}

/** Runs a job to its end; an exception is a problem of that job and of no other. */
export async function runJob(
  job: IngestJob,
  { state, log }: Pick<IngestContext, 'state' | 'log'>,
  stop: AbortSignal,
  abort: AbortSignal,
): Promise<boolean> {
  const backOff = new BackOff();
  for (;;) {
    try {
      return await job.run(stop, abort);
    } catch (error) {
      setProblem(state, job.name, String(error));
      log.error({ job: job.name, error: String(error) }, 'a job of ingest failed');
    }
    if (stop.aborted) return false;
    await backOff.wait(stop);
  }
}
