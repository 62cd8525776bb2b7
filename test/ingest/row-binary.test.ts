// What the encoder writes, ClickHouse reads back: every column of both tables at its limits.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Column, ColumnType } from '../../engine/cdr/schema.ts';
import { attemptColumns, cdrColumns } from '../../engine/cdr/schema.ts';
import { migrate } from '../../ingest/migrations/migrate.ts';
import { RowBlock, rowLayout } from '../../ingest/row-binary.ts';
import { startScratchServer } from './clickhouse-server/scratch-server.ts';
import type { ScratchServer } from './clickhouse-server/scratch-server.ts';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
});
after(() => server.close());

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', '\0', "'\\\t\n", 'x'.repeat(127), 'x'.repeat(128), 'ü𝄞'.repeat(200)),
);
const money = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([billionths, places]) => decimal(billionths, places));

/** Decimal text with at most nine places; digits beyond `places` are dropped. */
function decimal(billionths: bigint, places: number): string {
  const unit = 10n ** BigInt(9 - places);
  const value = billionths / unit;
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const sign = value < 0n ? '-' : '';
  return places === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-places)}`;
}

const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<string | number>>> = {
  text,
  side: fc.constantFrom('caller', 'callee', 'server'),
  evidence: fc.constantFrom('seen', 'recovered', 'assumed'),
  money,
  time: fc.integer({ min: 0, max: 10_413_705_599_999 }),
  count: fc.integer({ min: 0, max: 0xffffffff }),
  code: fc.integer({ min: 0, max: 0xffff }),
  ordinal: fc.integer({ min: 0, max: 0xff }),
};

function rowOf(columns: readonly Column[]): fc.Arbitrary<(string | number | null)[]> {
  const values = columns.map(({ name, type, optional }) => {
    if (name === 'id') return fc.uuid();
    return optional ? fc.option(VALUES[type], { nil: null }) : VALUES[type];
  });
  return fc.tuple<(string | number | null)[]>(...values);
}

/** As ClickHouse is asked to show it: epoch milliseconds, decimals as text. */
function shown(column: Column): string {
  const { name, type } = column;
  if (type === 'time') return `toUnixTimestamp64Milli(${name})`;
  return type === 'money' ? `toString(${name})` : name;
}

function expected(column: Column, value: string | number | null): unknown {
  if (column.type !== 'money' || typeof value !== 'string' || !value.includes('.')) return value;
  const short = value.replace(/\.?0+$/, '');
  return short === '-0' ? '0' : short;
}

for (const [table, columns] of [
  ['cdr', cdrColumns],
  ['cdr_attempt', attemptColumns],
] as const) {
  test(`${table}: values come back as they were`, async () => {
    const layout = rowLayout(columns);
    const names = columns.map(({ name }) => name).join(', ');
    await fc.assert(
      fc.asyncProperty(fc.array(rowOf(columns), { minLength: 1, maxLength: 30 }), async (rows) => {
        await server.client.command({
          query: `CREATE OR REPLACE TABLE seen ENGINE = Memory
            AS SELECT ${names} FROM tandem.${table} LIMIT 0`,
        });
        const block = new RowBlock(layout);
        for (const row of rows) block.add(row);
        const { stream } = await server.client.exec({
          query: `INSERT INTO seen (${names}) FORMAT RowBinary`,
          values: Readable.from([block.bytes], { objectMode: false }),
        });
        await finished(stream.resume());
        const result = await server.client.query({
          query: `SELECT ${columns.map(shown).join(', ')} FROM seen`,
          format: 'JSONCompactEachRow',
          clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
        });
        const seen = await result.json<unknown[]>();
        const sent = rows.map((row) => row.map((value, i) => expected(columns[i]!, value)));
        assert.deepEqual(seen, sent);
      }),
      { numRuns: 15 },
    );
  });
}
