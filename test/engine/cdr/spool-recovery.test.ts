// Whatever a crash leaves at the end of the newest segment, all whole frames survive recovery.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync, writeSync, openSync, closeSync } from 'node:fs';
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
    const end = whole.at(-1) ?? Math.min(size, SEGMENT_HEADER_BYTES);
    const recovery = recoverSpool(directory, NODE);
    assert.deepEqual(recovery, { sequence: 1, frames: whole.length, cutBytes: size - end });
    assert.equal(readFileSync(path).length, end, `cut at ${size}`);
  }
});

test('garbage or zeros behind the last frame are cut', (t) => {
  const directory = temporaryDirectory(t);
  const { path, bytes } = threeFrames(directory);
  for (const tail of [Buffer.alloc(5000), Buffer.alloc(70_000, 0xff), Buffer.from([0xff, 0xfe])]) {
    writeFileSync(path, Buffer.concat([bytes, tail]));
    assert.equal(recoverSpool(directory, NODE).cutBytes, tail.length);
    assert.deepEqual(readFileSync(path), bytes);
  }
});

test('damage in front of good frames costs no good frame', (t) => {
  const directory = temporaryDirectory(t);
  const { path, bytes, ends } = threeFrames(directory);
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.alloc(4), 0, 4, ends[0]! + 3);
  closeSync(fd);
  const recovery = recoverSpool(directory, NODE);
  assert.deepEqual(recovery, { sequence: 1, frames: 2, cutBytes: 0 });
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
  const nothing = { sequence: 0, frames: 0, cutBytes: 0 };
  assert.deepEqual(recoverSpool(temporaryDirectory(t), NODE), nothing);
});
