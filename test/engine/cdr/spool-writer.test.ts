// The writer on a disk that fills, lies and comes back: nothing appended is lost or doubled.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FRAME_HEADER_BYTES } from '../../../engine/cdr/frame.ts';
import type { SpoolFiles } from '../../../engine/cdr/spool-files.ts';
import { systemFiles } from '../../../engine/cdr/spool-files.ts';
import { SpoolReader } from '../../../engine/cdr/spool-reader.ts';
import {
  listSegments,
  segmentCreatedAtMs,
  segmentName,
} from '../../../engine/cdr/spool-segment.ts';
import {
  appendRecord,
  appendText,
  commitText,
  NODE,
  openWriter,
  readTexts,
  temporaryDirectory,
} from './records.ts';

function failure(code: string, errno: number): Error {
  return Object.assign(new Error(code), { code, errno });
}

function readAll(directory: string): string[] {
  const reader = new SpoolReader(directory, NODE, { sequence: 0, offset: 0 }, () => {
    assert.fail('damage');
  });
  const all: string[] = [];
  for (;;) {
    const { texts, batch } = readTexts(reader);
    if (batch === undefined) return all;
    all.push(...texts);
  }
}

test('a group is one write and one fdatasync', (t) => {
  let writes = 0;
  let syncs = 0;
  const files: SpoolFiles = {
    ...systemFiles,
    write: (...args) => (writes++, systemFiles.write(...args)),
    fdatasync: (fd) => {
      syncs++;
      systemFiles.fdatasync(fd);
    },
  };
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { files });
  commitText(writer, 'opens the segment');
  [writes, syncs] = [0, 0];
  for (let i = 0; i < 100; i++) appendText(writer, `record ${i}`);
  assert.ok(writer.commit());
  assert.deepEqual([writes, syncs], [1, 1]);
  assert.equal(writer.records, 101);
  assert.equal(readAll(directory).length, 101);
});

test('segments rotate by size, in order', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { segmentBytes: 100 });
  const texts = Array.from({ length: 20 }, (_, i) => `record number ${i}`);
  for (const text of texts) commitText(writer, text);
  writer.close();
  assert.ok(listSegments(directory, NODE).length > 5);
  assert.deepEqual(readAll(directory), texts);
});

test('a full group says so and takes no more', (t) => {
  const writer = openWriter(temporaryDirectory(t), { groupBytes: 100 });
  const payload = Buffer.alloc(40);
  const frameBytes = FRAME_HEADER_BYTES + 40;
  assert.equal(writer.room(frameBytes), 1);
  assert.ok(appendRecord(writer, 1, 1, payload, 0, 40));
  assert.equal(writer.room(frameBytes), 0);
  assert.equal(appendRecord(writer, 1, 1, payload, 0, 40), false);
  assert.ok(writer.commit());
  assert.equal(writer.room(frameBytes), 1);
});

test('a disk that fills in the middle of a write keeps the group for the next try', (t) => {
  let freeBytes = Infinity;
  const files: SpoolFiles = {
    ...systemFiles,
    write: (fd, bytes, offset, length, position) => {
      const part = Math.min(length, freeBytes);
      if (part === 0) throw failure('ENOSPC', -28);
      freeBytes -= part;
      return systemFiles.write(fd, bytes, offset, part, position);
    },
  };
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { files, segmentBytes: 5000 });
  assert.ok(commitText(writer, 'before'));
  // Two of the three blocks that the group takes.
  freeBytes = 8192;
  const group = ['first', 'second'].map((text) => `${text} ${'x'.repeat(5000)}`);
  for (const text of group) appendText(writer, text);
  for (let i = 0; i < 3; i++) {
    assert.equal(writer.commit(), false);
    assert.equal(writer.error?.code, 'ENOSPC');
  }
  assert.equal(writer.records, 1);
  assert.deepEqual(readAll(directory).at(0), 'before');
  appendText(writer, 'came meanwhile');
  freeBytes = Infinity;
  assert.ok(writer.commit());
  assert.equal(writer.error, null);
  assert.deepEqual(readAll(directory), ['before', ...group, 'came meanwhile']);
});

test('what is left of a full disk is used: no room to allocate ahead, room for the group', (t) => {
  const files: SpoolFiles = {
    ...systemFiles,
    write: (fd, bytes, offset, length, position) => {
      if (position + length > 20_000) throw failure('ENOSPC', -28);
      return systemFiles.write(fd, bytes, offset, length, position);
    },
  };
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { files });
  const texts: string[] = [];
  for (let i = 0; ; i++) {
    const text = `record ${i} ${'x'.repeat(900)}`;
    if (!commitText(writer, text)) break;
    texts.push(text);
  }
  assert.ok(texts.length >= 15, `${texts.length} records in 20,000 bytes`);
  assert.deepEqual(readAll(directory).slice(0, texts.length), texts);
});

test('a segment is allocated ahead and cut to its frames in the end', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { segmentBytes: 1 << 20 });
  const path = join(directory, segmentName(NODE, 1));
  commitText(writer, 'first');
  assert.equal(statSync(path).size, 1 << 20);
  const first = writer.position.offset;
  assert.ok(
    readFileSync(path)
      .subarray(first)
      .every((byte) => byte === 0),
  );
  while (writer.position.offset < 1 << 20) commitText(writer, 'x'.repeat(50_000));
  assert.equal(statSync(path).size, writer.position.offset);
  commitText(writer, 'in the next one');
  assert.equal(writer.position.sequence, 2);
  writer.close();
  const last = readFileSync(join(directory, segmentName(NODE, 2)));
  assert.equal(last.length, writer.position.offset);
});

test('a segment that cannot be cut goes on, and no zeros are left behind in the end', (t) => {
  let failing = true;
  const files: SpoolFiles = {
    ...systemFiles,
    truncate: (fd, length) => {
      if (failing) throw failure('EIO', -5);
      systemFiles.truncate(fd, length);
    },
  };
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { files, segmentBytes: 100 });
  const texts = Array.from({ length: 9 }, (_, i) => `record ${i} ${'x'.repeat(60)}`);
  for (const text of texts) assert.ok(commitText(writer, text));
  assert.deepEqual(listSegments(directory, NODE), [1]);
  failing = false;
  for (const text of ['cut behind this', 'the next segment']) assert.ok(commitText(writer, text));
  assert.deepEqual(listSegments(directory, NODE), [1, 2]);
  assert.deepEqual(readAll(directory), [...texts, 'cut behind this', 'the next segment']);
});

test('after a failed fdatasync the same bytes are written again', (t) => {
  const written: [number, string][] = [];
  let failing = false;
  const files: SpoolFiles = {
    ...systemFiles,
    write: (fd, bytes, offset, length, position) => {
      written.push([position, bytes.toString('latin1', offset, offset + length)]);
      return systemFiles.write(fd, bytes, offset, length, position);
    },
    fdatasync: (fd) => {
      if (failing) throw failure('EIO', -5);
      systemFiles.fdatasync(fd);
    },
  };
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { files });
  commitText(writer, 'before');
  failing = true;
  written.length = 0;
  assert.equal(commitText(writer, 'unsure'), false);
  failing = false;
  assert.ok(writer.commit());
  assert.equal(written.length, 2);
  assert.deepEqual(written[0], written[1]);
  assert.deepEqual(readAll(directory), ['before', 'unsure']);
});

test('a directory that cannot be written is a state until it can', (t) => {
  let broken = 3;
  const files: SpoolFiles = {
    ...systemFiles,
    create: (path) => {
      if (broken-- > 0) throw failure('EROFS', -30);
      return systemFiles.create(path);
    },
  };
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { files });
  appendText(writer, 'patient');
  for (let i = 0; i < 3; i++) {
    assert.equal(writer.commit(), false);
    assert.equal(writer.error?.code, 'EROFS');
  }
  assert.ok(writer.commit());
  assert.deepEqual(readAll(directory), ['patient']);
});

test('a new segment that fails after its creation is finished, not replaced', (t) => {
  let failing = true;
  const files: SpoolFiles = {
    ...systemFiles,
    syncDirectory: (path) => {
      if (failing) throw failure('EIO', -5);
      systemFiles.syncDirectory(path);
    },
  };
  const directory = temporaryDirectory(t);
  let wallMs = 1000;
  const clock = { wallMs: () => wallMs++, monoMs: () => 0 };
  const writer = openWriter(directory, { files, clock });
  appendText(writer, 'kept');
  assert.equal(writer.commit(), false);
  failing = false;
  assert.ok(writer.commit());
  const file = readFileSync(join(directory, segmentName(NODE, 1)));
  // 1000 stamped the group, 1001 the segment, once.
  assert.equal(segmentCreatedAtMs(file), 1001);
  assert.deepEqual(readAll(directory), ['kept']);
});

test('a clock that is set back and forth changes no order and loses nothing', (t) => {
  const directory = temporaryDirectory(t);
  const hour = 3_600_000;
  let reading = 0;
  const clock = { wallMs: () => hour * (1000 + (reading++ % 3) * 50), monoMs: () => 0 };
  const writer = openWriter(directory, { clock, segmentBytes: 150 });
  const texts = Array.from({ length: 20 }, (_, i) => `record number ${i}`);
  for (const text of texts) assert.ok(commitText(writer, text));
  const created = listSegments(directory, NODE).map((sequence) =>
    segmentCreatedAtMs(readFileSync(join(directory, segmentName(NODE, sequence)))),
  );
  assert.ok(
    created.some((time, i) => i > 0 && time < created[i - 1]!),
    'no segment looks older',
  );
  assert.deepEqual(readAll(directory), texts);
});
