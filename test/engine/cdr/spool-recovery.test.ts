// Whatever a crash leaves at the end of the newest segment, all whole frames survive recovery.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { recoverSpool } from '../../../engine/cdr/spool-recovery.ts';
import { SpoolReader } from '../../../engine/cdr/spool-reader.ts';
import { SEGMENT_HEADER_BYTES, segmentName } from '../../../engine/cdr/spool-segment.ts';
import { commitText, NODE, openWriter, readTexts, temporaryDirectory } from './records.ts';

const TEXTS = ['first', 'second one', 'the third of them'];

/** Writes TEXTS as segment 1; `ends[i]` is where frame i ends. */
function threeFrames(directory: string): { path: string; bytes: Buffer; ends: number[] } {
  const writer = openWriter(directory);
  const ends = TEXTS.map((text) => {
    commitText(writer, text);
    return writer.position.offset;
  });
  writer.close();
  const path = join(directory, segmentName(NODE, 1));
  return { path, bytes: readFileSync(path), ends };
}

test('a segment cut at any byte keeps its whole frames and nothing else', (t) => {
  const directory = temporaryDirectory(t);
  const { path, bytes, ends } = threeFrames(directory);
  for (let size = 0; size <= bytes.length; size++) {
    writeFileSync(path, bytes.subarray(0, size));
    const whole = ends.filter((end) => end <= size);
    const end = whole.at(-1) ?? (size < SEGMENT_HEADER_BYTES ? 0 : SEGMENT_HEADER_BYTES);
    const { sequence, records, cutBytes } = recoverSpool(directory, NODE);
    assert.deepEqual([sequence, records], [1, whole.length]);
    // Zeros at the end of what is cut are taken for allocated ones.
    let written = size;
    while (written > end && bytes[written - 1] === 0) written--;
    assert.equal(cutBytes, written - end);
    assert.equal(readFileSync(path).length, end, `cut at ${size}`);
  }
});

test('garbage or zeros behind the last frame are cut', (t) => {
  const directory = temporaryDirectory(t);
  const { path, bytes } = threeFrames(directory);
  const tails: [Buffer, number][] = [
    [Buffer.alloc(5000), 0],
    [Buffer.alloc(70_000, 0xff), 70_000],
    [Buffer.from([0xff, 0xfe]), 2],
    [Buffer.concat([Buffer.from('torn'), Buffer.alloc(4 << 20)]), 4],
  ];
  for (const [tail, cutBytes] of tails) {
    writeFileSync(path, Buffer.concat([bytes, tail]));
    assert.equal(recoverSpool(directory, NODE).cutBytes, cutBytes);
    assert.deepEqual(readFileSync(path), bytes);
  }
});

test('a segment that was allocated and never written to is emptied, and is no damage', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, segmentName(NODE, 1)), Buffer.alloc(1 << 20));
  assert.deepEqual(recoverSpool(directory, NODE), { sequence: 1, records: 0, cutBytes: 0 });
  assert.equal(readFileSync(join(directory, segmentName(NODE, 1))).length, 0);
  commitText(openWriter(directory, { sequence: 2 }), 'later');
  const reader = new SpoolReader(directory, NODE, { sequence: 0, offset: 0 }, () => {
    assert.fail('no damage is there');
  });
  assert.deepEqual(readTexts(reader).texts, ['later']);
});

test('a crash leaves the zeros that the writer allocated: they are cut, no frame is', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  for (const text of TEXTS) commitText(writer, text);
  const path = join(directory, segmentName(NODE, 1));
  assert.ok(statSync(path).size > writer.position.offset);
  assert.deepEqual(recoverSpool(directory, NODE), { sequence: 1, records: 3, cutBytes: 0 });
  assert.equal(statSync(path).size, writer.position.offset);
});

test('damage in front of good frames costs no good frame', (t) => {
  const directory = temporaryDirectory(t);
  const { path, bytes, ends } = threeFrames(directory);
  const fd = openSync(path, 'r+');
  // Inside of the second record, behind the mark of its group.
  writeSync(fd, Buffer.alloc(4), 0, 4, ends[0]! + 23);
  closeSync(fd);
  assert.deepEqual(recoverSpool(directory, NODE), { sequence: 1, records: 2, cutBytes: 0 });
  assert.equal(readFileSync(path).length, bytes.length);
});

test('a writer that follows begins the next segment and the reader sees both', (t) => {
  const directory = temporaryDirectory(t);
  const { path, bytes } = threeFrames(directory);
  writeFileSync(path, bytes.subarray(0, bytes.length - 1));
  const { sequence } = recoverSpool(directory, NODE);
  commitText(openWriter(directory, { sequence: sequence + 1 }), 'after the crash');
  const reader = new SpoolReader(directory, NODE, { sequence: 0, offset: 0 }, () => {
    assert.fail('no damage is left');
  });
  assert.deepEqual(readTexts(reader).texts, TEXTS.slice(0, 2));
  assert.deepEqual(readTexts(reader).texts, ['after the crash']);
});

test('an empty directory recovers to nothing', (t) => {
  const nothing = { sequence: 0, records: 0, cutBytes: 0 };
  assert.deepEqual(recoverSpool(temporaryDirectory(t), NODE), nothing);
});
