// The alarm comes before the bound, the bound before the disk is full, and room comes back.
import assert from 'node:assert/strict';
import { truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemFiles } from '../../../engine/cdr/spool-files.ts';
import { roomOf, spoolBytes, SpoolRoom } from '../../../engine/cdr/spool-room.ts';
import { segmentName } from '../../../engine/cdr/spool-segment.ts';
import { NODE, temporaryDirectory } from './records.ts';

const LIMITS = { maxBytes: 1000, warnPercent: 80, minFreeBytes: 100 };

test('sizes against the limits', () => {
  const rooms = [
    [0, 5000, 'ok'],
    [799, 5000, 'ok'],
    [800, 5000, 'low'],
    [999, 5000, 'low'],
    [1000, 5000, 'full'],
    [0, 200, 'ok'],
    [0, 199, 'low'],
    [0, 100, 'low'],
    [0, 99, 'full'],
  ] as const;
  for (const [spool, free, room] of rooms) assert.equal(roomOf(spool, free, LIMITS), room);
});

test('counts the segments of all nodes, and nothing else', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, segmentName(NODE, 1)), Buffer.alloc(300));
  writeFileSync(join(directory, segmentName('edge-0', 7)), Buffer.alloc(30));
  writeFileSync(join(directory, `${NODE}.position.json`), '{}');
  assert.equal(spoolBytes(directory), 330);
});

test('what is written counts at once, deleted segments at the next look', (t) => {
  const directory = temporaryDirectory(t);
  let nowMs = 0;
  let freeBytes = 1e9;
  const files = { ...systemFiles, freeBytes: () => freeBytes };
  const room = new SpoolRoom(directory, LIMITS, files);
  const path = join(directory, segmentName(NODE, 1));
  writeFileSync(path, Buffer.alloc(700));
  assert.equal(room.check(0, nowMs), 'ok');
  assert.equal(room.check(100, nowMs), 'low');
  assert.equal(room.check(300, nowMs), 'full');
  // Just below the bound is not enough to take calls again.
  truncateSync(path, 985);
  nowMs += 1000;
  assert.equal(room.check(300, nowMs), 'full');
  truncateSync(path, 975);
  nowMs += 1000;
  assert.equal(room.check(300, nowMs), 'low');
  unlinkSync(path);
  nowMs += 1000;
  assert.equal(room.check(300, nowMs), 'ok');
  freeBytes = 99;
  nowMs += 10_000;
  assert.equal(room.check(300, nowMs), 'full');
  freeBytes = 101;
  nowMs += 1000;
  assert.equal(room.check(300, nowMs), 'full');
  freeBytes = 1e9;
  nowMs += 1000;
  assert.equal(room.check(300, nowMs), 'ok');
});

test('a file system that does not answer leaves what was known', (t) => {
  let broken = false;
  const files = {
    ...systemFiles,
    freeBytes: () => {
      if (broken) throw new Error('EIO');
      return 99;
    },
  };
  let nowMs = 0;
  const room = new SpoolRoom(temporaryDirectory(t), LIMITS, files);
  assert.equal(room.check(0, nowMs), 'full');
  broken = true;
  nowMs = 60_000;
  assert.equal(room.check(0, nowMs), 'full');
});
