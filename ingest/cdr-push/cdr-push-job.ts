// Real-time push as a job of ingest: on while SERVER_CDR_REAL_TIME_REPORT_SERVER names an address.
import { parseReportServer } from '../../engine/base/report-server.ts';
import type { ReportServer } from '../../engine/base/report-server.ts';
import { CdrFollower } from '../cdr-feed/cdr-follower.ts';
import { FeedJob } from '../cdr-feed/feed-job.ts';
import type { IngestContext } from '../ingest-job.ts';
import { HttpTarget } from './http-target.ts';
import { PushFeed } from './push-feed.ts';
import type { RefusedRecord } from './push-feed.ts';
import { appendRefused } from './refused-records.ts';
import type { ReportTarget } from './report-target.ts';
import { TcpTarget } from './tcp-target.ts';
import { UdpTarget } from './udp-target.ts';

const CONSUMER = 'push';
/** A call's record leaves this long after it is durable, at the latest. */
const PAUSE_MS = 100;
/** For one batch, from connecting to the answer. */
const TIMEOUT_MS = 10_000;

/** The job for the spool of one node. */
export function cdrPushJob(context: IngestContext, node: string): FeedJob<ReportServer> {
  const { log, directory } = context;
  const state = context.state.cdrFeeds.push;
  const refusals = { count: 0 };
  const setAside = (refused: RefusedRecord): void => {
    appendRefused(directory, node, refused);
    state.refused++;
    const { id, reason } = refused;
    log.error({ id, reason }, 'the report server refuses a record, it is set aside');
  };
  return new FeedJob({
    context,
    node,
    consumer: CONSUMER,
    state,
    settings: ({ SERVER_CDR_REAL_TIME_REPORT_SERVER: address }) =>
      parseReportServer(address) ?? null,
    open: (server) => {
      const { protocol, host, port } = server;
      if (protocol === 'udp') {
        log.warn({ host, port }, 'call records are pushed over UDP: a lost datagram is a lost one');
      }
      return new PushFeed({
        follower: new CdrFollower(context, node, CONSUMER),
        target: reportTarget(server),
        setAside,
        onTaken: (count) => {
          state.records += count;
        },
        refusals,
      });
    },
    pauseMs: PAUSE_MS,
  });
}

function reportTarget(server: ReportServer): ReportTarget {
  switch (server.protocol) {
    case 'http':
    case 'https':
      return new HttpTarget(server, TIMEOUT_MS);
    case 'tcp':
      return new TcpTarget(server, TIMEOUT_MS);
    case 'udp':
      return new UdpTarget(server);
  }
}
