// Compressed blocks against those that ClickHouse itself wrote: the column files of a table consist
// of them. And over HTTP, both ways.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import {
  BlockDecompressor,
  compressBlocks,
} from '../../../ingest/clickhouse-server/block-compression.ts';
import { cityHash128 } from '../../../ingest/clickhouse-server/city-hash.ts';
import { decodeLz4, encodeLz4 } from '../../../ingest/clickhouse-server/lz4.ts';
import { startScratchServer } from './scratch-server.ts';
import type { ScratchServer } from './scratch-server.ts';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
});
after(() => server.close());

async function decompress(bytes: Buffer): Promise<Buffer> {
  const stream = Readable.from([bytes], { objectMode: false }).pipe(new BlockDecompressor());
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function post(parameters: Record<string, string>, body: string | Buffer): Promise<Buffer> {
  const url = `${server.url}/?${new URLSearchParams(parameters).toString()}`;
  const response = await fetch(url, { method: 'POST', body });
  return Buffer.from(await response.arrayBuffer());
}

test("blocks of ClickHouse's own files: checksum, LZ4 and none", async () => {
  const { client } = server;
  for (const [table, codec] of [
    ['packed', 'LZ4'],
    ['plain', 'NONE'],
  ] as const) {
    await client.command({
      query: `CREATE TABLE ${table} (s String CODEC(${codec})) ENGINE = MergeTree ORDER BY tuple()
        SETTINGS min_bytes_for_wide_part = 0, min_compress_block_size = 1, index_granularity = 50`,
    });
    // Granules from a few bytes to some 10 KB: each is a block, of every length class of the hash.
    await client.command({
      query: `INSERT INTO ${table} SELECT repeat(toString(cityHash64(number)), number % 40)
        FROM numbers(3000)`,
    });
    const path = await client.query({
      query: `SELECT path FROM system.parts WHERE active AND table = '${table}'`,
      format: 'JSONCompactEachRow',
    });
    const [[directory]] = (await path.json<[string]>()) as [[string]];
    const files = (await readdir(directory)).filter((name) => /^s.*\.bin$/.test(name));
    assert.ok(files.length > 0);
    let stored = 0;
    for (const file of files)
      stored += (await decompress(await readFile(join(directory, file)))).length;
    const sum = await client.query({
      query: `SELECT sum(length(s)) FROM ${table}`,
      format: 'TabSeparated',
    });
    assert.ok(stored >= Number(await sum.text()), 'all of the column was in the blocks');
  }
});

test('every length of the hash, against blocks of ClickHouse', async () => {
  const { client } = server;
  await client.command({
    query: `CREATE TABLE short (s FixedString(1) CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple()
      SETTINGS min_bytes_for_wide_part = 0`,
  });
  for (let rows = 1; rows <= 150; rows += rows < 40 ? 1 : 13) {
    await client.command({ query: 'TRUNCATE TABLE short' });
    await client.command({
      query: `INSERT INTO short SELECT char(1 + number % 255) FROM numbers(${rows})`,
    });
    const path = await client.query({
      query: `SELECT path FROM system.parts WHERE active AND table = 'short'`,
      format: 'JSONCompactEachRow',
    });
    const [[directory]] = (await path.json<[string]>()) as [[string]];
    const bytes = await readFile(join(directory, 's.bin'));
    const data = await decompress(bytes);
    assert.deepEqual(
      [...data],
      Array.from({ length: rows }, (_, n) => 1 + (n % 255)),
    );
  }
});

test('LZ4: what is encoded decodes, and damage is noticed', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(...['aaaa', 'abcabc', ' 0,'].map((s) => Buffer.from(s.repeat(50)))),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(pieces, (list) => {
      const bytes = Buffer.concat(list);
      const block = encodeLz4(bytes);
      assert.ok(decodeLz4(block, bytes.length)?.equals(bytes));
      assert.equal(decodeLz4(block, bytes.length + 1), undefined);
      // Whatever the bytes say, decoding ends and stays within its buffer.
      decodeLz4(bytes, 1000);
    }),
  );
  const zeros = Buffer.alloc(100_000);
  assert.ok(encodeLz4(zeros).length < 500);
});

test('compress=1 and decompress=1 over HTTP, several blocks, errors too', async () => {
  const query = "SELECT number, repeat('x', 50) FROM numbers(60000)";
  const plain = await post({}, query);
  const packed = await post({ compress: '1' }, query);
  assert.ok(plain.length > 3 * 1024 * 1024 && packed.length < plain.length / 3);
  assert.deepEqual(await decompress(packed), plain);
  await post({}, 'CREATE TABLE taken (n UInt64, s String) ENGINE = MergeTree ORDER BY n');
  const insert = { query: 'INSERT INTO taken FORMAT TSV', decompress: '1' };
  assert.equal((await post(insert, compressBlocks(plain))).toString(), '');
  assert.equal(
    (await post({}, 'SELECT count(), sum(n) FROM taken')).toString(),
    '60000\t1799970000\n',
  );
  const refused = await decompress(await post({ compress: '1' }, 'SELECT nothing'));
  assert.match(refused.toString(), /^Code: 47\. DB::Exception: .*UNKNOWN_IDENTIFIER/);
  const broken = compressBlocks(plain);
  broken[60]! ^= 1;
  assert.match((await post(insert, broken)).toString(), /^Code: 40\. .*CHECKSUM_DOESNT_MATCH/);
  const short = compressBlocks(plain).subarray(0, -5);
  assert.match((await post(insert, short)).toString(), /^Code: 271\. .*ends within a block/);
  assert.equal((await post({}, 'SELECT count() FROM taken')).toString(), '60000\n');
});

test('a block of ZSTD is refused by name', async () => {
  const body = Buffer.from([0x90, 9, 0, 0, 0, 5, 0, 0, 0]);
  const block = Buffer.concat([cityHash128(body), body]);
  const insert = { query: 'INSERT INTO taken FORMAT TSV', decompress: '1' };
  assert.match((await post(insert, block)).toString(), /^Code: 89\. .*ZSTD .*use LZ4/);
});
