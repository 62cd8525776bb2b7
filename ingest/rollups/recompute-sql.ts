// The statement that computes buckets of one rollup anew and writes the rows that differ.
//
//   fresh   the buckets from their source: `cdr FINAL`, or the next finer rollup
//   kept    the rows that the rollup has of these buckets
//   INSERT  what is in only one of them or differs; a key that is gone gets zeros
//
// So running it twice writes nothing the second time, and running it after any mishap heals it.
import type { Family, GrainRule } from './rollup-catalogue.ts';

export interface RecomputeRequest {
  readonly family: Family;
  readonly rule: GrainRule;
  /** Sum up the raw rows even where a finer rollup exists, because it does not go back so far. */
  readonly fromRaw: boolean;
  /** Begins of the buckets, epoch seconds; not empty. */
  readonly buckets: readonly number[];
}

const STARTS: Readonly<Record<number, string>> = {
  60: 'toStartOfMinute',
  900: 'toStartOfFifteenMinutes',
  3600: 'toStartOfHour',
  86_400: 'toStartOfDay',
};

/** Begin of the bucket that a time column falls into, as DateTime('UTC'). */
export function bucketOf(column: string, seconds: number): string {
  return `toDateTime(${STARTS[seconds]}(${column}), 'UTC')`;
}

/** The range lets ClickHouse skip by the tables' order, the list names the buckets. */
function within(column: string, { buckets, rule }: RecomputeRequest): string {
  const first = Math.min(...buckets);
  const end = Math.max(...buckets) + rule.seconds;
  const bucket = `toUnixTimestamp(${bucketOf(column, rule.seconds)})`;
  return (
    `${column} >= toDateTime(${first}, 'UTC') AND ${column} < toDateTime(${end}, 'UTC') ` +
    `AND ${bucket} IN (${buckets.join(', ')})`
  );
}

const list = (items: readonly string[]): string => items.join(', ');

/** Grouped by code first: building a map row by row would cost far more. */
function freshFromRaw(request: RecomputeRequest): string {
  const { family, rule } = request;
  const { keys, measures, code } = family;
  const parts = measures.map(({ column, raw }) => `${raw} AS ${column}_`);
  const sums = measures.map(({ column, type }) => `CAST(sum(${column}_), '${type}')`);
  return `SELECT bucket_, ${list([...keys, ...sums])}, sumMap(map(${code}, n_))
    FROM (
      SELECT ${bucketOf('started_at', rule.seconds)} AS bucket_, ${list([...keys, ...parts])},
        ${code}, count() AS n_
      FROM tandem.${family.source} FINAL
      WHERE ${within('started_at', request)}
      GROUP BY bucket_, ${list([...keys, code])}
    )
    GROUP BY bucket_, ${list(keys)}`;
}

function freshFromFiner(request: RecomputeRequest, finer: string): string {
  const { family, rule } = request;
  const sums = family.measures.map(({ column }) => `sum(${column})`);
  return `SELECT ${bucketOf('bucket', rule.seconds)} AS bucket_, ${list([...family.keys, ...sums])},
      sumMap(codes)
    FROM tandem.rollup_${family.name}_${finer} FINAL
    WHERE ${within('bucket', request)}
    GROUP BY bucket_, ${list(family.keys)}`;
}

/**
 * `INSERT INTO tandem.rollup_<family>_<grain> ... SELECT`. The version is the clock's milliseconds,
 * or one above the row that stands, should ClickHouse's clock have been set back.
 */
export function recomputeSql(request: RecomputeRequest): string {
  const { family, rule, fromRaw } = request;
  const table = `tandem.rollup_${family.name}_${rule.grain}`;
  const key = ['bucket', ...family.keys];
  const measures = family.measures.map(({ column }) => column);
  const fresh =
    fromRaw || rule.from === null ? freshFromRaw(request) : freshFromFiner(request, rule.from);
  const differs = [
    ...measures.map((column) => `sumIf(${column}, kept) != sumIf(${column}, NOT kept)`),
    'toString(sumMapIf(codes, kept)) != toString(sumMapIf(codes, NOT kept))',
  ];
  return `INSERT INTO ${table} (${list([...key, ...measures])}, codes, version)
SELECT ${list(key)}, ${list(measures.map((column) => `sumIf(${column}, NOT kept)`))},
  sumMapIf(codes, NOT kept), greatest(max(version) + 1, toUnixTimestamp64Milli(now64(3)))
FROM (
  SELECT ${list([...key, ...measures])}, codes, version, true AS kept
  FROM ${table} FINAL
  WHERE ${within('bucket', request)}
  UNION ALL
  SELECT *, 0, false FROM (${fresh})
)
GROUP BY ${list(key)}
HAVING ${differs.join('\n  OR ')}`;
}
