// Which jobs the ingest process runs, by its configuration.
import type { ClickHouseClient } from '@clickhouse/client';
import { systemClock } from '../engine/base/clock.ts';
import { listNodes, SEGMENT_BYTES } from '../engine/cdr/spool-segment.ts';
import { cdrFeedJobs } from './cdr-feed/cdr-feed-jobs.ts';
import { ClickHouseWriter } from './clickhouse-writer.ts';
import { Delivery } from './delivery.ts';
import type { IngestContext, IngestJob } from './ingest-job.ts';
import { KafkaDelivery } from './kafka/kafka-delivery.ts';
import { TopicDelivery } from './kafka/topic-delivery.ts';
import { nightlyReports } from './reports/nightly/nightly-job.ts';
import { RollupJob } from './rollups/rollup-job.ts';
import { SpaceJob } from './space-job.ts';

/** A call has about two records. */
const BATCH_RECORDS = 60_000;
const BATCH_AGE_MS = 1000;
/** A message holds the records of a call. ClickHouse takes 30,000 at half the CPU of 7,000. */
const BATCH_MESSAGES = 30_000;
/** While more comes than can be taken at once, batches may grow for this long. */
const BACKLOG_AGE_MS = 5000;
/** A batch that is inserted and what gathers meanwhile. */
const MOST_BUFFERED = 4 * BATCH_MESSAGES;

/** Jobs that need the spool alone: they run also while ClickHouse is away. */
export function spoolJobs(context: IngestContext): IngestJob[] {
  const feeds = cdrFeedJobs(context, nodesOf(context));
  return [...kafkaDeliveries(context), ...feeds, new SpaceJob(context)];
}

/** An ingest process that only sends to Kafka has nothing to do with ClickHouse. */
export function usesClickHouse({ kafka }: IngestContext): boolean {
  return kafka?.target.consume ?? true;
}

/** Jobs that begin when ClickHouse is there, with the schema of this version. */
export function clickHouseJobs(context: IngestContext, client: ClickHouseClient): IngestJob[] {
  const { state, log, kafka, directory } = context;
  const writer = new ClickHouseWriter(client, state, log);
  const aside = [new RollupJob(context, client), nightlyReports(context, client, systemClock)];
  if (kafka === null) return [...deliveries(context, writer), ...aside];
  const ages = { batchAgeMs: BATCH_AGE_MS, backlogAgeMs: BACKLOG_AGE_MS };
  const limits = { batchMessages: BATCH_MESSAGES, ...ages };
  const topic = { ...kafka, directory, writer, state, log };
  return [new TopicDelivery({ ...topic, limits, mostBuffered: MOST_BUFFERED }), ...aside];
}

/** One for each node that has a spool here: segments under an earlier name are delivered too. */
function deliveries(context: IngestContext, writer: ClickHouseWriter): IngestJob[] {
  const { directory, state, log } = context;
  const limits = {
    batchRecords: BATCH_RECORDS,
    batchAgeMs: BATCH_AGE_MS,
    keepSegments: keepSegments(context),
  };
  return nodesOf(context).map(
    (node) => new Delivery({ directory, node, writer, state, log, ...limits }),
  );
}

function kafkaDeliveries(context: IngestContext): IngestJob[] {
  const { directory, state, log, kafka } = context;
  if (kafka === null) return [];
  const common = { ...kafka, directory, state, log, keepSegments: keepSegments(context) };
  return nodesOf(context).map((node) => new KafkaDelivery({ ...common, node }));
}

/** Delivered segments that stay for a look back. */
function keepSegments({ config }: IngestContext): number {
  return Math.ceil(config.spool.keepBytes / SEGMENT_BYTES);
}

function nodesOf({ config, directory }: IngestContext): string[] {
  return [...new Set([config.node, ...listNodes(directory)])];
}
