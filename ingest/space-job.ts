// Makes room on the disk early: while the spool is near its bound, or its file system nearly full,
// delivered segments are not kept for a look back but go at once. A job of ingest (jobs.ts).
import { setTimeout as delay } from 'node:timers/promises';
import { systemFiles } from '../engine/cdr/spool-files.ts';
import { roomOf, spoolBytes } from '../engine/cdr/spool-room.ts';
import { listNodes } from '../engine/cdr/spool-segment.ts';
import type { IngestContext, IngestJob } from './ingest-job.ts';
import { setProblem } from './ingest-state.ts';
import { deleteDelivered } from './retention.ts';

const LOOK_MS = 5000;

export class SpaceJob implements IngestJob {
  readonly name = 'room in the spool';
  readonly #context: Pick<IngestContext, 'config' | 'directory' | 'state' | 'log'>;

  constructor(context: Pick<IngestContext, 'config' | 'directory' | 'state' | 'log'>) {
    this.#context = context;
  }

  async run(stop: AbortSignal): Promise<boolean> {
    while (!stop.aborted) {
      this.#look();
      await delay(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
    }
    return true;
  }

  #look(): void {
    const { config, directory, state, log } = this.#context;
    const free = systemFiles.freeBytes(directory);
    if (roomOf(spoolBytes(directory), free, config.spool) !== 'ok') {
      for (const node of listNodes(directory)) {
        const segments = deleteDelivered(directory, node, Infinity, 0);
        if (segments > 0) log.warn({ node, segments }, 'delivered segments deleted to make room');
      }
    }
    setProblem(state, this.name, '');
  }
}
