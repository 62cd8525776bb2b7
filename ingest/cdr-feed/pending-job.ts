// Watches over SERVER_MAX_CDR_PENDING_LIST_LENGTH: counts the CDRs that wait in the spool for their
// slowest consumer, for the metric and its alert, and says in the log when there are too many. They
// are in no danger: the spool keeps them until every consumer has them.
import { setTimeout as delay } from 'node:timers/promises';
import type { IngestContext, IngestJob } from '../ingest-job.ts';
import { setProblem } from '../ingest-state.ts';
import { PendingRecords } from './pending-records.ts';

const INTERVAL_MS = 1000;

export class PendingJob implements IngestJob {
  readonly name = 'pending records';
  readonly #context: IngestContext;
  readonly #nodes: readonly string[];
  #isAlarmed = false;

  constructor(context: IngestContext, nodes: readonly string[]) {
    this.#context = context;
    this.#nodes = nodes;
  }

  async run(stop: AbortSignal): Promise<boolean> {
    const { directory } = this.#context;
    const counters = this.#nodes.map((node) => new PendingRecords(directory, node));
    try {
      while (!stop.aborted) {
        this.#tell(counters.reduce((sum, counter) => sum + counter.count(), 0));
        await delay(INTERVAL_MS, undefined, { signal: stop }).catch(() => undefined);
      }
    } finally {
      for (const counter of counters) counter.close();
    }
    return true;
  }

  #tell(pending: number): void {
    const { state, log, parameters } = this.#context;
    const limit = parameters.current?.SERVER_MAX_CDR_PENDING_LIST_LENGTH ?? Infinity;
    setProblem(state, this.name, '');
    state.pendingRecords = pending;
    state.pendingLimit = limit === Infinity ? 0 : limit;
    const isAlarmed = pending >= limit;
    if (isAlarmed === this.#isAlarmed) return;
    this.#isAlarmed = isAlarmed;
    const figures = { pending, limit };
    if (isAlarmed) {
      log.error(figures, 'alarm: SERVER_MAX_CDR_PENDING_LIST_LENGTH records wait to be processed');
    } else log.info(figures, 'fewer records than SERVER_MAX_CDR_PENDING_LIST_LENGTH wait again');
  }
}
