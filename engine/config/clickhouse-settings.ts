// The `clickhouse` key of tandem.yaml: an address as a text, or a map with cluster and retention.
// Descriptions complete "must be ...".
import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { ClickHouseAddress } from './addresses.ts';
import { parseClickHouse } from './addresses.ts';
import type { Partially } from './schema-check.ts';
import type { YamlFile } from './yaml-file.ts';

/** Days that rows are kept; 0: for ever. */
export interface RetentionDays {
  readonly retentionDays: number;
  readonly attemptRetentionDays: number;
  /** Rollups per minute and quarter of an hour. */
  readonly minuteRetentionDays: number;
  /** Rollups per hour and day. */
  readonly rollupRetentionDays: number;
}

export interface ClickHouseTarget extends ClickHouseAddress, RetentionDays {
  /** Name of the cluster that tables are replicated and distributed over; null: one node. */
  readonly cluster: string | null;
}

const days = (byDefault: number): ReturnType<typeof Type.Integer> =>
  Type.Integer({
    minimum: 0,
    maximum: 36_500,
    default: byDefault,
    description: 'a whole number of days from 1 to 36500, or 0 for ever',
  });

/** A text in the file is short for a map with `url` alone: {@link clickHouseAsMap}. */
export const CLICKHOUSE_SCHEMA = Type.Object(
  {
    url: Type.String({
      default: 'embedded://127.0.0.1:8123',
      description: 'embedded://127.0.0.1:8123 or http://user:password@host:8123',
    }),
    cluster: Type.String({
      pattern: '^([A-Za-z_][A-Za-z0-9_]{0,63}|)$',
      default: '',
      description: 'the name of a cluster that ClickHouse is configured with',
    }),
    retentionDays: days(730),
    attemptRetentionDays: days(730),
    minuteRetentionDays: days(190),
    rollupRetentionDays: days(3650),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'an address such as embedded://127.0.0.1:8123, or a map of settings with "url"',
  },
);

/** The data with `clickhouse` as a map. */
export function clickHouseAsMap(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('clickhouse' in data)) return data;
  if (typeof data.clickhouse !== 'string') return data;
  return { ...data, clickhouse: { url: data.clickhouse } };
}

/** Undefined after noting what is wrong as a problem of the file. */
export function clickHouseTarget(
  accepted: Partially<Static<typeof CLICKHOUSE_SCHEMA>> | undefined,
  file: YamlFile,
): ClickHouseTarget | undefined {
  if (accepted?.url === undefined) return undefined;
  const address = parseClickHouse(accepted.url);
  if ('problem' in address) {
    file.problem(['clickhouse'], address.problem);
    return undefined;
  }
  if (address.value.kind === 'embedded' && accepted.cluster !== '') {
    file.problem(['clickhouse', 'cluster'], 'the embedded ClickHouse is one node: give a server');
  }
  // What the schema refused is missing here, and the file is not accepted then.
  const cluster = accepted.cluster === '' ? null : accepted.cluster;
  return { ...accepted, ...address.value, cluster } as ClickHouseTarget;
}
