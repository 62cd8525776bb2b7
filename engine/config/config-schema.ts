// The keys of tandem.yaml with types, ranges and defaults. Descriptions complete "must be ...".
import { availableParallelism } from 'node:os';
import { Type } from 'typebox';
import { CLICKHOUSE_SCHEMA } from './clickhouse-settings.ts';
import { KAFKA_SCHEMA } from './kafka-settings.ts';
import { DNS_SCHEMA, LISTEN_SCHEMA, STREAMS_SCHEMA } from './listen-settings.ts';
import { SPOOL_SCHEMA } from './spool-settings.ts';

/** Every key has a default; an unknown key is a problem. */
export const CONFIG_SCHEMA = Type.Object(
  {
    node: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      default: 'edge-1',
      description: 'a name of 1 to 64 letters, digits, ".", "_" or "-"',
    }),
    data: Type.String({ minLength: 1, default: './data', description: 'the path of a folder' }),
    shards: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: Math.max(1, Math.min(64, availableParallelism() - 1)),
      description: 'a whole number from 1 to 64',
    }),
    io: Type.Unsafe<'auto' | 'native' | 'portable'>({
      type: 'string',
      enum: ['auto', 'native', 'portable'],
      default: 'auto',
      description: 'auto, native or portable',
    }),
    gatherMs: Type.Number({
      minimum: 0,
      maximum: 20,
      default: 20,
      description: 'a number of milliseconds from 0 to 20',
    }),
    udpSegmentation: Type.Boolean({ default: true, description: 'true or false' }),
    listen: Type.Array(LISTEN_SCHEMA, {
      minItems: 1,
      maxItems: 64,
      default: [{ url: 'udp://127.0.0.1:5060' }],
      description: 'a list of 1 to 64 addresses such as udp://192.0.2.1:5060',
    }),
    streams: STREAMS_SCHEMA,
    dns: DNS_SCHEMA,
    api: Type.String({
      default: 'http://127.0.0.1:8080',
      description: 'an address such as http://127.0.0.1:8080',
    }),
    digestAlgorithms: Type.Array(
      Type.Unsafe<'SHA-512-256' | 'SHA-256' | 'MD5'>({
        type: 'string',
        enum: ['SHA-512-256', 'SHA-256', 'MD5'],
        description: 'SHA-512-256, SHA-256 or MD5',
      }),
      {
        minItems: 1,
        maxItems: 3,
        default: ['MD5'],
        description: 'a list of SHA-512-256, SHA-256 and MD5',
      },
    ),
    maxRegistrations: Type.Integer({
      minimum: 1,
      maximum: 4_000_000,
      default: 250_000,
      description: 'a whole number of registrations from 1 to 4000000',
    }),
    kafka: KAFKA_SCHEMA,
    clickhouse: CLICKHOUSE_SCHEMA,
    timezone: Type.String({
      default: 'UTC',
      description: 'an IANA time zone such as Asia/Dhaka, in which days and hours are meant',
    }),
    spool: SPOOL_SCHEMA,
    ingest: Type.Boolean({ default: true, description: 'true or false' }),
    drainSeconds: Type.Integer({
      minimum: 0,
      maximum: 3600,
      default: 30,
      description: 'a whole number of seconds from 0 to 3600',
    }),
    provision: Type.String({
      minLength: 1,
      default: './provision.yaml',
      description: 'the path of a file',
    }),
  },
  { additionalProperties: false, description: 'a map of settings such as "node: edge-1"' },
);
