// The reader follows a growing spool, steps over damage, and repeats a range exactly.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, truncateSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SpoolRange } from '../../../engine/cdr/spool-reader.ts';
import { SpoolReader } from '../../../engine/cdr/spool-reader.ts';
import { segmentName } from '../../../engine/cdr/spool-segment.ts';
import {
  appendText,
  commitText,
  NODE,
  openWriter,
  readTexts,
  temporaryDirectory,
} from './records.ts';

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
  const tail = readFileSync(path).subarray(torn);
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
  const ends = [24];
  for (let i = 0; i < 40; i++) {
    commitText(writer, `record ${i} ${'x'.repeat(i * 7)}`);
    ends.push(writer.position.offset);
  }
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
        assert.equal(lost + kept, good.length - 24);
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
  assert.deepEqual(readTexts(open(directory, damages)).texts, ['first', 'last']);
  assert.deepEqual(damages, [{ sequence: 1, first: from, last: to }]);
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
  overwrite(join(directory, segmentName(NODE, 1)), 8, Buffer.from([2]));
  const reader = open(directory);
  assert.throws(() => readTexts(reader), { code: 'TDM_SPOOL_FUTURE' });
  assert.throws(() => readTexts(reader), { code: 'TDM_SPOOL_FUTURE' });
});

test('lag counts what is not read', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { segmentBytes: 50 });
  for (let i = 0; i < 3; i++) commitText(writer, 'ten bytes!');
  const reader = open(directory);
  assert.equal(reader.lagBytes(), 3 * 22);
  readTexts(reader);
  assert.equal(reader.lagBytes(), 22);
});
