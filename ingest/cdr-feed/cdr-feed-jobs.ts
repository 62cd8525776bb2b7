// The consumers of CDRs beside ClickHouse, as jobs of ingest (jobs.ts): CDR files and push for the
// spool of each node, and the watch over what waits for any consumer.
import { cdrFilesJob } from '../cdr-files/cdr-files-job.ts';
import { cdrPushJob } from '../cdr-push/cdr-push-job.ts';
import type { IngestContext, IngestJob } from '../ingest-job.ts';
import { PendingJob } from './pending-job.ts';

/** @param nodes those that have a spool here */
export function cdrFeedJobs(context: IngestContext, nodes: readonly string[]): IngestJob[] {
  return [
    ...nodes.flatMap((node) => [cdrFilesJob(context, node), cdrPushJob(context, node)]),
    new PendingJob(context, nodes),
  ];
}
