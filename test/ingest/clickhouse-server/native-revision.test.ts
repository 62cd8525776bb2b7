// Native for newer clients, decoded here as clickhouse-go does it (block info, one byte behind each
// type), and the requests that Grafana's data source sends over HTTP, as its sources show them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { nativeForRevision } from '../../../ingest/clickhouse-server/native-revision.ts';
import { startScratchServer } from './scratch-server.ts';
import type { ScratchServer } from './scratch-server.ts';

const user = 'grafana';
const password = 's3cret';
/** What clickhouse-go 2 sends as ClientTCPProtocolVersion. */
const REVISION = '54460';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({ user, password });
});
after(() => server.close());

/** As clickhouse-go over HTTP with gzip: everything in the URL, the query in the body. */
function grafana(
  query: string,
  more: Record<string, string> = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; bytes: Buffer }> {
  const parameters = new URLSearchParams({
    client_protocol_version: REVISION,
    database: 'default',
    default_format: 'Native',
    enable_http_compression: '1',
    ...more,
  });
  const headers = {
    'Accept-Encoding': 'gzip',
    'User-Agent': 'grafana/11.0.0 clickhouse-datasource/4.8.2 clickhouse-go/2.34.0 (lv:go/1.24)',
  };
  const url = `${server.url}/?${parameters.toString()}`;
  const auth = `${user}:${password}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method: 'POST', auth, headers, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const body = Buffer.concat(parts);
          const isGzip = response.headers['content-encoding'] === 'gzip';
          const bytes = isGzip ? gunzipSync(body) : body;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes });
        });
      },
    );
    request.on('error', reject);
    request.end(query);
  });
}

/** Reads blocks as clickhouse-go's proto.Block does, for the types of these tests. */
class BlockReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  #uvarint(): number {
    const byte = this.#bytes[this.#at++]!;
    return byte < 128 ? byte : (byte & 127) + 128 * this.#uvarint();
  }

  #text(): string {
    const length = this.#uvarint();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  /** Rows of all blocks, and the types of the first. */
  read(): { types: string[]; names: string[]; rows: unknown[][] } {
    const names: string[] = [];
    const types: string[] = [];
    const rows: unknown[][] = [];
    while (this.#at < this.#bytes.length) {
      assert.deepEqual([this.#uvarint(), this.#bytes[this.#at++], this.#uvarint()], [1, 0, 2]);
      assert.equal(this.#bytes.readInt32LE(this.#at), -1);
      this.#at += 4;
      assert.equal(this.#uvarint(), 0);
      const columns = this.#uvarint();
      const count = this.#uvarint();
      const block: unknown[][] = Array.from({ length: count }, () => []);
      names.length = 0;
      types.length = 0;
      for (let i = 0; i < columns; i++) {
        names.push(this.#text());
        const type = this.#text();
        types.push(type);
        assert.equal(this.#bytes[this.#at++], 0, 'no custom serialisation');
        this.#values(type, count).forEach((value, n) => block[n]!.push(value));
      }
      rows.push(...block);
    }
    return { names, types, rows };
  }

  #values(type: string, count: number): unknown[] {
    const nullable = /^Nullable\((.*)\)$/.exec(type);
    if (nullable !== null) {
      const nulls = this.#bytes.subarray(this.#at, (this.#at += count));
      return this.#values(nullable[1]!, count).map((value, n) => (nulls[n] === 1 ? null : value));
    }
    const low = /^LowCardinality\((.*)\)$/.exec(type);
    if (low !== null) return this.#lowCardinality(low[1]!, count);
    const array = /^Array\((.*)\)$/.exec(type);
    if (array !== null) {
      const ends = this.#values('UInt64', count).map(Number);
      const all = this.#values(array[1]!, ends.at(-1) ?? 0);
      return ends.map((end, n) => all.slice(n === 0 ? 0 : ends[n - 1], end));
    }
    return Array.from({ length: count }, () => this.#value(type));
  }

  /** As ch-go's ColLowCardinality: version, kind of index, keys, index. */
  #lowCardinality(type: string, count: number): unknown[] {
    if (count === 0) return [];
    const word = (): number => Number(this.#value('UInt64'));
    assert.equal(word(), 1, 'shared dictionaries with additional keys');
    assert.equal(word() & 255, 0, 'an index of one byte');
    const keys = this.#values(type, word());
    assert.equal(word(), count);
    return Array.from({ length: count }, () => keys[this.#bytes[this.#at++]!]);
  }

  #value(type: string): unknown {
    if (type === 'String') return this.#text();
    const at = this.#at;
    if (type === 'UInt8') return this.#bytes[this.#at++];
    if (type === 'UInt32' || type === 'DateTime') {
      this.#at += 4;
      return this.#bytes.readUInt32LE(at);
    }
    if (type === 'Float64') {
      this.#at += 8;
      return this.#bytes.readDoubleLE(at);
    }
    if (type === 'UInt64' || type.startsWith('DateTime64')) {
      this.#at += 8;
      return Number(this.#bytes.readBigUInt64LE(at));
    }
    if (type.startsWith('Decimal(38')) {
      this.#at += 16;
      return this.#bytes.readBigUInt64LE(at) + (this.#bytes.readBigInt64LE(at + 8) << 64n);
    }
    throw new Error(`the test does not read ${type}`);
  }
}

test("Grafana's first requests: hello, ping, version, schema", async () => {
  const hello = await grafana('SELECT displayName(), version(), revision(), timezone()');
  assert.equal(hello.status, 200);
  assert.equal(hello.headers['content-encoding'], 'gzip');
  const { rows, types } = new BlockReader(hello.bytes).read();
  assert.deepEqual(types, ['String', 'String', 'UInt32', 'String']);
  assert.match(String(rows[0]?.[1]), /^\d+\.\d+/);
  assert.ok(Number(rows[0]?.[2]) >= 54_454, 'the driver reads what follows by this revision');
  assert.doesNotThrow(() => Intl.DateTimeFormat('en', { timeZone: String(rows[0]?.[3]) }));
  const ping = new BlockReader((await grafana('SELECT 1')).bytes).read();
  assert.deepEqual([ping.names, ping.rows], [['1'], [[1]]]);
  await server.client.command({
    query: `CREATE TABLE seen (a LowCardinality(String), at DateTime64(3))
        ENGINE = MergeTree ORDER BY at`,
  });
  const tables = await grafana("SELECT name FROM system.tables WHERE database = 'default'");
  assert.deepEqual(new BlockReader(tables.bytes).read().rows, [['seen']]);
  const columns = await grafana(
    "SELECT name, type FROM system.columns WHERE database='default' AND table='seen'",
  );
  assert.deepEqual(new BlockReader(columns.bytes).read().rows, [
    ['a', 'LowCardinality(String)'],
    ['at', 'DateTime64(3)'],
  ]);
  const databases = await grafana('SELECT name FROM system.databases');
  assert.ok(new BlockReader(databases.bytes).read().rows.some(([name]) => name === 'default'));
});

test('a time series as a dashboard asks for it: blocks, nulls, decimals, arrays', async () => {
  const { names, types, rows } = new BlockReader(
    (
      await grafana(
        `SELECT toDateTime(number * 60, 'UTC') AS time,
          toLowCardinality(toString(number % 3)) AS gateway,
          if(number % 2 = 0, NULL, number / 4) AS asr, toDecimal128(number, 9) / 8 AS fee,
          [toString(number), 'x'] AS list FROM numbers(70000)`,
        { max_block_size: '30000' },
      )
    ).bytes,
  ).read();
  assert.deepEqual(names, ['time', 'gateway', 'asr', 'fee', 'list']);
  assert.deepEqual(types, [
    // Revision 0 leaves the zone out: the instant is the same.
    'DateTime',
    'LowCardinality(String)',
    'Nullable(Float64)',
    'Decimal(38, 9)',
    'Array(String)',
  ]);
  assert.equal(rows.length, 70_000);
  assert.deepEqual(rows[69_999], [
    69_999 * 60,
    '0',
    69_999 / 4,
    8_749_875_000_000n,
    ['69999', 'x'],
  ]);
  assert.deepEqual(rows[2], [120, '2', null, 250_000_000n, ['2', 'x']]);
});

test('errors reach the driver as text with status and code', async () => {
  const wrong = await grafana('SELECT nothing');
  assert.equal(wrong.status, 404);
  assert.match(wrong.bytes.toString(), /DB::Exception: .*UNKNOWN_IDENTIFIER/);
  const state = await grafana('SELECT sumState(1)');
  assert.equal(state.status, 501);
  assert.match(state.bytes.toString(), /AggregateFunction.* not supported by this server; cast it/);
});

test('every type with a fixed layout is stepped over to the last byte', async () => {
  const columns = [
    'toInt8(1), toUInt16(1), toInt32(1), toInt64(1), toInt128(1), toInt256(1), toFloat32(1), true',
    "toDate('2026-01-01'), toDate32('2026-01-01'), toDateTime64('2026-01-01 00:00:00', 9, 'UTC')",
    'toDecimal32(1, 2), toDecimal64(1, 3), toDecimal128(1, 9), toDecimal256(1, 20)',
    "generateUUIDv4(), toIPv4('1.2.3.4'), toIPv6('::1'), toFixedString('ab', 5)",
    "CAST('a', 'Enum8(\\'a\\' = 1, \\'b,(\\' = 2)'), CAST('a', 'Enum16(\\'a\\' = 1)')",
    "NULL, toNullable(5), ['a', NULL], map('k', [1, 2]), tuple(1, 'x', tuple(2.5))",
    "CAST((1, 'x'), 'Tuple(a UInt8, `b c` String)'), (1.5, 2.5)::Point, INTERVAL 5 DAY",
    "[[1, 2], []], CAST([], 'Array(Map(String, Nullable(UInt8)))'), toLowCardinality('lc'), ''",
    "[toLowCardinality('a')], CAST([], 'Array(LowCardinality(String))')",
    "CAST(NULL, 'LowCardinality(Nullable(String))'), map(toLowCardinality('k'), 1)",
  ].join(', ');
  const query = `SELECT ${columns} FROM numbers(5)`;
  const { bytes, status } = await grafana(query);
  assert.equal(status, 200, bytes.toString().slice(0, 300));
  const old = await grafana(query, { client_protocol_version: '0' });
  const count = old.bytes[0]!;
  // One block: its info, and one byte for each column.
  assert.equal(bytes.length, old.bytes.length + 8 + count);
  assert.equal(nativeForRevision(old.bytes, 54_400).length, old.bytes.length + 8);
  assert.deepEqual(nativeForRevision(old.bytes, 0), old.bytes);
});
