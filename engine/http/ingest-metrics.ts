// Metrics of the ingest process: printed by the edge that supervises it, or by ingest itself when
// it runs alone. Totals are since that process started.
import type { Registry } from 'prom-client';
import type { CdrFeedFigures, IngestFigures, KafkaFigures } from './metrics-source.ts';
import { flag, registerAll, single } from './state-metric.ts';
import type { Kind, SeriesRow, StateMetric } from './state-metric.ts';

/** Undefined: it has not reported. */
type Read = () => IngestFigures | undefined;

function perCdrFeed(
  kind: Kind,
  name: string,
  help: string,
  read: (feed: CdrFeedFigures) => number,
): StateMetric<Read> {
  const rows = (ingest: Read): SeriesRow[] =>
    Object.entries(ingest()?.cdrFeeds ?? {}).map(([feed, figures]) => [{ feed }, read(figures)]);
  return { kind, name, help, labels: ['feed'], rows };
}

function ofIngest(
  kind: Kind,
  name: string,
  help: string,
  read: (figures: IngestFigures) => number,
): StateMetric<Read> {
  return single(kind, name, help, (ingest) => {
    const figures = ingest();
    return figures && read(figures);
  });
}

function ofKafka(
  kind: Kind,
  name: string,
  help: string,
  read: (figures: KafkaFigures) => number,
): StateMetric<Read> {
  return ofIngest(kind, `tandem_kafka_${name}`, help, ({ kafka }) => read(kafka));
}

const METRICS: readonly StateMetric<Read>[] = [
  single('gauge', 'tandem_ingest_up', '1 when it runs', (i) => flag(i()?.running ?? false)),
  single('gauge', 'tandem_clickhouse_up', '1 when ClickHouse answers ingest', (i) =>
    flag(i()?.clickhouseOk ?? false),
  ),
  ofIngest('gauge', 'tandem_ingest_held_up', '1 while one of its jobs cannot go on', (i) =>
    flag(!i.healthy),
  ),
  ofIngest('gauge', 'tandem_spool_lag_bytes', 'Durable here, not delivered yet', (i) => i.lagBytes),
  ofIngest('counter', 'tandem_ingest_rows_total', 'Rows in ClickHouse', (i) => i.insertedRows),
  ofIngest('counter', 'tandem_ingest_errors_total', 'Failed inserts', (i) => i.errors),
  ofIngest(
    'counter',
    'tandem_ingest_malformed_total',
    'Records set aside in a dead-letter file or topic',
    (i) => i.malformed,
  ),
  ofIngest(
    'counter',
    'tandem_ingest_damaged_bytes_total',
    'Bytes of damaged segments stepped over',
    (i) => i.damagedBytes,
  ),
  ofIngest('counter', 'tandem_ingest_restarts_total', 'Deaths of it', (i) => i.restarts),
  ofIngest('counter', 'tandem_ingest_cpu_seconds_total', 'Its CPU', (i) => i.cpuSeconds),
  ofIngest('gauge', 'tandem_ingest_memory_bytes', 'Its memory', (i) => i.residentBytes),
  ofKafka('counter', 'produced_total', 'Messages that the brokers have', (k) => k.produced),
  ofKafka('counter', 'produce_errors_total', 'Failed tries to send', (k) => k.produceErrors),
  ofKafka('counter', 'consumed_total', 'Messages that are in ClickHouse', (k) => k.consumed),
  ofKafka('counter', 'consume_errors_total', 'Failed tries to read', (k) => k.consumeErrors),
  ofKafka('counter', 'dead_letters_total', 'Messages set aside', (k) => k.deadLetters),
  ofKafka('counter', 'lost_messages_total', 'Deleted by retention unread', (k) => k.lostMessages),
  ofKafka('gauge', 'lag_messages', 'Messages not in ClickHouse yet', (k) => k.lagMessages),
  ofKafka('gauge', 'partitions', 'Partitions that it reads', (k) => k.partitions),
  ofKafka('gauge', 'held_partitions', 'Partitions held up by a newer schema', (k) => {
    return k.heldPartitions;
  }),
  ofIngest(
    'gauge',
    'tandem_cdr_pending',
    'CDRs that wait in the spool for their slowest consumer',
    (i) => i.pendingRecords,
  ),
  ofIngest(
    'gauge',
    'tandem_cdr_pending_limit',
    'SERVER_MAX_CDR_PENDING_LIST_LENGTH',
    (i) => i.pendingLimit,
  ),
  perCdrFeed(
    'counter',
    'tandem_cdr_feed_records_total',
    'CDRs in files, or taken by the report server',
    (feed) => feed.records,
  ),
  perCdrFeed(
    'counter',
    'tandem_cdr_feed_refused_total',
    'CDRs that the report server refuses, set aside',
    (feed) => feed.refused,
  ),
  perCdrFeed('counter', 'tandem_cdr_feed_failures_total', 'Tries that failed', (f) => f.failures),
  perCdrFeed('gauge', 'tandem_cdr_feed_held_up', '1 while it cannot go on', (f) => f.heldUp),
];

/** Adds the metrics of ingest to the registry; `ingest` is asked at each scrape. */
export function registerIngestMetrics(registry: Registry, ingest: Read): void {
  registerAll(registry, METRICS, ingest);
}
