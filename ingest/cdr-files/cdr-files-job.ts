// CDR files as a job of ingest: on while SERVER_CDR_FILE_WRITE_INTERVAL is a number of seconds.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CdrFollower } from '../cdr-feed/cdr-follower.ts';
import { FeedJob } from '../cdr-feed/feed-job.ts';
import { positionFile } from '../delivery-position.ts';
import type { IngestContext } from '../ingest-job.ts';
import { CdrFileFeed } from './cdr-file-feed.ts';
import type { CdrFileSettings } from './cdr-file-feed.ts';

const CONSUMER = 'files';
const PAUSE_MS = 500;

/** The job for the spool of one node. */
export function cdrFilesJob(context: IngestContext, node: string): FeedJob<CdrFileSettings> {
  const open = (settings: CdrFileSettings): CdrFileFeed =>
    new CdrFileFeed({
      ...settings,
      directory: join(context.config.dataDir, 'cdr-files'),
      node,
      follower: new CdrFollower(context, node, CONSUMER),
      now: Date.now,
      onLines: (count) => {
        context.state.cdrFeeds.files.records += count;
      },
    });
  return new FeedJob({
    context,
    node,
    consumer: CONSUMER,
    state: context.state.cdrFeeds.files,
    settings: ({ SERVER_CDR_FILE_WRITE_INTERVAL: seconds, SERVER_CDR_FILE_WRITE_MAX: maxFiles }) =>
      seconds === null ? null : { intervalMs: seconds * 1000, maxFiles },
    open,
    switchedOff: () => {
      if (!existsSync(positionFile(context.directory, node, CONSUMER))) return;
      const last = open({ intervalMs: 1, maxFiles: Infinity });
      last.complete();
      last.close();
    },
    pauseMs: PAUSE_MS,
  });
}
