// The `kafka` key of tandem.yaml: `none`, brokers as a text, or a map of all settings.
// Descriptions complete "must be ...".
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { parseKafka } from './addresses.ts';
import type { Partially } from './schema-check.ts';
import type { YamlFile } from './yaml-file.ts';

export interface KafkaTarget {
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** For a topic that is not there yet; -1 copies: as the brokers have it. */
  readonly partitions: number;
  readonly replication: number;
  /** Create the topic when it is not there. */
  readonly create: boolean;
  readonly compression: 'none' | 'lz4' | 'zstd' | 'gzip' | 'snappy';
  /** How a record is written: as in the spool, or as an object by column names. */
  readonly format: 'msgpack' | 'json';
  /** Also bring the topic into ClickHouse, as a member of the group. */
  readonly consume: boolean;
  readonly group: string;
  /** Any property of librdkafka: TLS, SASL, buffers, timeouts. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
}

/** What makes delivery exact is not up to the operator. */
const RESERVED_PROPERTIES: ReadonlySet<string> = new Set([
  'metadata.broker.list',
  'bootstrap.servers',
  'enable.idempotence',
  'acks',
  'request.required.acks',
  'delivery.report.only.error',
  'message.timeout.ms',
  'delivery.timeout.ms',
  'transactional.id',
  'partitioner',
  'compression.type',
  'compression.codec',
  'group.id',
  'enable.auto.commit',
  'enable.auto.offset.store',
  'auto.offset.reset',
  'partition.assignment.strategy',
  'event_cb',
  'rebalance_cb',
  'offset_commit_cb',
  'dr_cb',
  'dr_msg_cb',
]);

const NAME = '^[A-Za-z0-9._-]{1,200}$';

const ENUM = (values: readonly string[], byDefault: string): ReturnType<typeof Type.Unsafe> =>
  Type.Unsafe({
    type: 'string',
    enum: values,
    default: byDefault,
    description: `one of ${values.join(', ')}`,
  });

/** A text in the file is short for a map with `brokers` alone: {@link kafkaAsMap}. */
export const KAFKA_SCHEMA = Type.Object(
  {
    brokers: Type.String({ default: 'none', description: 'none, or host:9092,host:9092' }),
    topic: Type.String({
      pattern: NAME,
      default: 'tandem.cdr',
      description: 'a topic of 1 to 200 letters, digits, ".", "_" or "-"',
    }),
    partitions: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 3,
      description: 'a whole number from 1 to 1000',
    }),
    replication: Type.Integer({
      minimum: -1,
      maximum: 10,
      default: -1,
      description: 'a number of copies from 1 to 10, or -1 for the one that the brokers have set',
    }),
    create: Type.Boolean({ default: true, description: 'true or false' }),
    compression: ENUM(['none', 'lz4', 'zstd', 'gzip', 'snappy'], 'lz4'),
    format: ENUM(['msgpack', 'json'], 'msgpack'),
    consume: Type.Boolean({ default: true, description: 'true or false' }),
    group: Type.String({
      pattern: NAME,
      default: 'tandem-clickhouse',
      description: 'a consumer group of 1 to 200 letters, digits, ".", "_" or "-"',
    }),
    properties: Type.Record(
      Type.String(),
      Type.Unsafe<string | number | boolean>({
        type: ['string', 'number', 'boolean'],
        description: 'a text, a number, true or false',
      }),
      { default: {}, description: 'a map of properties of librdkafka' },
    ),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'none, or brokers as host:9092,host:9092, or a map of settings with "brokers"',
  },
);

/** The data with `kafka` as a map, and its brokers as one text. */
export function kafkaAsMap(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('kafka' in data)) return data;
  const { kafka } = data;
  if (typeof kafka === 'string') return { ...data, kafka: { brokers: kafka } };
  if (typeof kafka !== 'object' || kafka === null || !('brokers' in kafka)) return data;
  if (!Array.isArray(kafka.brokers)) return data;
  return { ...data, kafka: { ...kafka, brokers: kafka.brokers.join(',') } };
}

type Settings = Static<typeof KAFKA_SCHEMA>;

/** Null for `none`. Notes what is wrong as problems of the file. */
export function kafkaTarget(
  accepted: Partially<Settings> | undefined,
  file: YamlFile,
): KafkaTarget | null {
  if (accepted === undefined) return null;
  for (const name of Object.keys(accepted.properties ?? {})) {
    if (!RESERVED_PROPERTIES.has(name)) continue;
    const text = 'is set by Tandem: exact delivery depends on it; remove it';
    file.problem(['kafka', 'properties', name], text, true);
  }
  const brokers = parseKafka(accepted.brokers ?? 'none');
  if ('problem' in brokers) file.problem(['kafka', 'brokers'], brokers.problem);
  if ('problem' in brokers || brokers.value === null) return null;
  // What the schema refused is missing here, and the file is not accepted then.
  return { ...accepted, brokers: brokers.value } as KafkaTarget;
}
