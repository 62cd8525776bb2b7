// The reader follows a growing spool, steps over damage, and repeats a range exactly.
import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import type { SpoolRange } from '../../../engine/cdr/spool-reader.ts';
import { SpoolReader } from '../../../engine/cdr/spool-reader.ts';
import { segmentName } from '../../../engine/cdr/spool-segment.ts';
import {
  appendText,
  commitText,
  NODE,
  noDamage,
  openWriter,
  readTexts,
  temporaryDirectory,
} from './records.ts';

/** Bytes of the mark in front of each group. */
const MARK = 20;
const BEGINNING = { sequence: 0, offset: 0 };

function open(directory: string, damages: SpoolRange[] = [], from = BEGINNING): SpoolReader {
  return new SpoolReader(directory, NODE, from, (damage) => damages.push(damage));
}

function overwrite(path: string, at: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

test('follows commits as they come, across segments', (t) => {
  const directory = temporaryDirectory(t);
  const reader = open(directory);
  assert.equal(readTexts(reader).batch, undefined);
  const writer = openWriter(directory, { segmentBytes: 90 });
  for (let i = 0; i < 12; i++) {
    assert.ok(commitText(writer, `record ${i}`));
    assert.deepEqual(readTexts(reader).texts, [`record ${i}`]);
    assert.equal(readTexts(reader).batch, undefined);
    assert.equal(reader.lagBytes(), 0);
  }
  assert.deepEqual(reader.position, writer.position);
  assert.ok(writer.position.sequence >= 3);
});

test('batches hold at most what is asked and end with their segment', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { segmentBytes: 200 });
  for (let i = 0; i < 30; i++) commitText(writer, `record ${i}`);
  const reader = open(directory);
  const all: string[] = [];
  for (;;) {
    const { texts, batch } = readTexts(reader, 4);
    if (batch === undefined) break;
    assert.ok(texts.length <= 4 && texts.length === batch.records);
    all.push(...texts);
  }
  assert.deepEqual(
    all,
    Array.from({ length: 30 }, (_, i) => `record ${i}`),
  );
});

test('a range that was read is read again the same, also after more has come', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  for (let i = 0; i < 10; i++) commitText(writer, `record ${i}`);
  const reader = open(directory);
  readTexts(reader, 3);
  const { texts, batch } = readTexts(reader, 4);
  for (let i = 10; i < 20; i++) commitText(writer, `record ${i}`);
  const again = open(directory);
  const repeated: string[] = [];
  const range = again.readRange(batch!, (_kind, _version, payload, start, end) => {
    repeated.push(payload.toString('utf8', start, end));
    return true;
  });
  assert.deepEqual(range, batch);
  assert.deepEqual(repeated, texts);
  assert.equal(readTexts(again).texts[0], 'record 7');
});

test('a range of a segment that is gone is refused', (t) => {
  const directory = temporaryDirectory(t);
  commitText(openWriter(directory), 'only');
  const { batch } = readTexts(open(directory));
  truncateSync(join(directory, segmentName(NODE, 1)), 30);
  assert.equal(
    open(directory).readRange(batch!, () => true),
    undefined,
  );
  unlinkSync(join(directory, segmentName(NODE, 1)));
  assert.equal(
    open(directory).readRange(batch!, () => true),
    undefined,
  );
});

test('waits at a torn end of the newest segment and takes it once it is whole', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  commitText(writer, 'whole');
  const torn = writer.position.offset;
  commitText(writer, 'torn');
  const path = join(directory, segmentName(NODE, 1));
  const tail = readFileSync(path).subarray(torn, writer.position.offset);
  for (let length = 0; length < tail.length; length++) {
    truncateSync(path, torn);
    overwrite(path, torn, tail.subarray(0, length));
    const damages: SpoolRange[] = [];
    const reader = open(directory, damages);
    assert.deepEqual(readTexts(reader).texts, ['whole']);
    assert.equal(readTexts(reader).batch, undefined);
    overwrite(path, torn, tail);
    assert.deepEqual(readTexts(reader).texts, ['torn']);
    assert.deepEqual(damages, []);
  }
});

test('damage anywhere is reported with its place and costs only the records it hits', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const ends = [24, 24 + MARK];
  for (let i = 0; i < 40; i++) {
    commitText(writer, `record ${i} ${'x'.repeat(i * 7)}`);
    ends.push(writer.position.offset, writer.position.offset + MARK);
  }
  writer.close();
  commitText(openWriter(directory, { sequence: 2 }), 'next segment');
  const path = join(directory, segmentName(NODE, 1));
  const good = readFileSync(path);
  fc.assert(
    fc.property(
      fc.integer({ min: 24, max: good.length - 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 50 }),
      (at, noise) => {
        const bytes = Buffer.from(noise).subarray(0, good.length - at);
        if (good.subarray(at, at + bytes.length).equals(bytes)) return;
        overwrite(path, at, bytes);
        const damages: SpoolRange[] = [];
        const reader = open(directory, damages);
        const { texts, batch } = readTexts(reader);
        assert.equal(readTexts(reader).texts[0], 'next segment');
        overwrite(path, 0, good);
        const lost = damages.reduce((sum, damage) => sum + damage.last - damage.first, 0);
        const kept = texts.reduce((sum, text) => sum + 12 + text.length, 0);
        // Marks are neither: at most that of each group.
        const marks = good.length - 24 - lost - kept;
        assert.ok(marks <= 40 * MARK && marks >= (40 - 2 * damages.length - 2) * MARK, `${marks}`);
        assert.equal(batch!.last, good.length);
        assert.ok(damages.length >= 1 && texts.length >= 36);
        assert.ok(damages.every(({ first, last }) => ends.includes(first) && ends.includes(last)));
      },
    ),
    { numRuns: 200 },
  );
});

test('steps over damage that is longer than its window', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  commitText(writer, 'first');
  const from = writer.position.offset;
  for (let i = 0; i < 60; i++) commitText(writer, 'y'.repeat(60_000));
  const to = writer.position.offset;
  commitText(writer, 'last');
  overwrite(join(directory, segmentName(NODE, 1)), from, Buffer.alloc(to - from, 0xff));
  const damages: SpoolRange[] = [];
  const reader = open(directory, damages);
  assert.deepEqual(readTexts(reader).texts, ['first']);
  // It may be a write under way; a second look finds a later group behind it.
  assert.deepEqual(readTexts(reader).texts, ['last']);
  assert.deepEqual(damages, [{ sequence: 1, first: from, last: to }]);
});

test('a group that is not all there yet is waited for, in whatever order its blocks come', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  commitText(writer, 'before');
  const torn = writer.position.offset;
  const group = Array.from({ length: 30 }, (_, i) => `record ${i} ${'z'.repeat(997)}`);
  for (const text of group) appendText(writer, text);
  writer.commit();
  const path = join(directory, segmentName(NODE, 1));
  const whole = readFileSync(path);
  const holes: [number, number][] = [
    [torn, 4096],
    [torn + MARK, 4096],
    [8192, 12_288],
    [4096, writer.position.offset],
  ];
  for (const [from, to] of holes) {
    const reader = open(directory);
    overwrite(path, from, Buffer.alloc(to - from));
    const texts: string[] = [];
    for (let i = 0; i < 4; i++) texts.push(...readTexts(reader).texts);
    assert.ok(texts.length < 31);
    overwrite(path, 0, whole);
    for (let i = 0; i < 4; i++) texts.push(...readTexts(reader).texts);
    assert.deepEqual(texts, ['before', ...group], `${from}-${to}`);
  }
});

test('zeros in a growing segment are damage once a later group stands behind them', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const ends = ['a', 'b', 'c'].map((text) => {
    commitText(writer, text.repeat(5000));
    return writer.position.offset;
  });
  overwrite(join(directory, segmentName(NODE, 1)), ends[0]!, Buffer.alloc(ends[1]! - ends[0]!));
  const damages: SpoolRange[] = [];
  const reader = open(directory, damages);
  const texts = [readTexts(reader), readTexts(reader)].flatMap((read) => read.texts);
  assert.deepEqual(texts, ['a'.repeat(5000), 'c'.repeat(5000)]);
  assert.deepEqual(damages, [{ sequence: 1, first: ends[0], last: ends[1] }]);
  assert.equal(reader.lagBytes(), 0);
});

test('the zeros of a segment that is allocated ahead are not read at each look', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const reader = open(directory);
  const before = bytesRead();
  for (let i = 0; i < 200; i++) {
    commitText(writer, `record ${i}`);
    assert.deepEqual(readTexts(reader).texts, [`record ${i}`]);
  }
  for (let i = 0; i < 200; i++) assert.equal(readTexts(reader).batch, undefined);
  // 64 KiB a look, and once all that is behind the last record.
  assert.ok(bytesRead() - before < 400 * 65_536 + (5 << 20) + (1 << 20));
});

/** By this process so far, from files and caches; 0 where the system does not tell. */
function bytesRead(): number {
  const path = '/proc/self/io';
  return existsSync(path) ? Number(/rchar: (\d+)/.exec(readFileSync(path, 'utf8'))?.[1]) : 0;
}

test('follows a writer that goes as fast as its disk, and misses nothing', async (t) => {
  const directory = temporaryDirectory(t);
  const script = new URL('./spool-load.js', import.meta.url);
  const writer = new Worker(script, { workerData: { directory, groups: 600 } });
  let total = -1;
  writer.on('message', (records: number) => (total = records));
  const reader = new SpoolReader(directory, NODE, BEGINNING, noDamage);
  let next = 0;
  const handler = (_kind: number, _version: number, payload: Buffer, start: number): boolean => {
    assert.equal(payload.readUInt32LE(start), next);
    next++;
    return true;
  };
  while (next !== total) {
    // Batches end anywhere in a group, and looks fall anywhere in a write.
    reader.readBatch(1 + (next % 97), handler);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(reader.position.sequence > 5);
  assert.equal(reader.lagBytes(), 0);
});

test('goes on with the oldest segment there is when its own is deleted', (t) => {
  const directory = temporaryDirectory(t);
  for (const sequence of [3, 7]) {
    const writer = openWriter(directory, { sequence });
    commitText(writer, `segment ${sequence}`);
  }
  const reader = open(directory, [], { sequence: 1, offset: 500 });
  assert.deepEqual(readTexts(reader).texts, ['segment 3']);
  assert.deepEqual(readTexts(reader).texts, ['segment 7']);
});

test('a handler that stops leaves the record for the next batch', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  for (const text of ['a', 'b', 'c']) appendText(writer, text);
  writer.commit();
  const reader = open(directory);
  let left = 1;
  const batch = reader.readBatch(10, () => left-- > 0);
  assert.deepEqual([batch?.records, batch?.stopped], [1, true]);
  assert.deepEqual(readTexts(reader).texts, ['b', 'c']);
});

test('a segment of a newer format is refused and not skipped', (t) => {
  const directory = temporaryDirectory(t);
  commitText(openWriter(directory), 'kept');
  overwrite(join(directory, segmentName(NODE, 1)), 8, Buffer.from([99]));
  const reader = open(directory);
  assert.throws(() => readTexts(reader), { code: 'TDM_SPOOL_FUTURE' });
  assert.throws(() => readTexts(reader), { code: 'TDM_SPOOL_FUTURE' });
});

test('lag counts what is not read', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { segmentBytes: 80 });
  for (let i = 0; i < 3; i++) commitText(writer, 'ten bytes!');
  const reader = open(directory);
  assert.equal(reader.lagBytes(), 3 * (22 + MARK));
  readTexts(reader);
  assert.equal(reader.lagBytes(), 22 + MARK);
  readTexts(reader);
  assert.equal(reader.lagBytes(), 0);
});
