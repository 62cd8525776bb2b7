// Whatever is wrong with a spool is named with its place; a healthy one has no problems.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { segmentName } from '../../../engine/cdr/spool-segment.ts';
import { positionFile, savePosition } from '../../../ingest/delivery-position.ts';
import { verifySpool } from '../../../ingest/spool/verify.ts';
import { NODE } from '../../engine/cdr/records.ts';
import { spoolOfThirty } from './spools.ts';

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

test('a good spool, with the zeros of its growing segment, has no problems', (t) => {
  const directory = spoolOfThirty(t);
  const good = { segments: 6, records: 60, problems: [], remarks: [] };
  assert.deepEqual(verifySpool(directory, NODE), good);
});

test('any changed byte of a sealed segment is a problem with its place', (t) => {
  const directory = spoolOfThirty(t);
  const path = join(directory, segmentName(NODE, 2));
  const bytes = readFileSync(path);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      // The time of creation, and what is not used, carry no checksum.
      if (at >= 8 && at < 24) return;
      overwrite(path, at, Uint8Array.of(bytes[at]! ^ flip));
      const { problems } = verifySpool(directory, NODE);
      overwrite(path, at, bytes.subarray(at, at + 1));
      assert.equal(problems.length, 1, `byte ${at}`);
      const [, first, last] = /bytes (\d+)-(\d+) .* are damaged/.exec(problems[0]!)!;
      assert.ok(Number(first) <= at && at < Number(last));
    }),
    { numRuns: 150 },
  );
});

test('zeroed ranges, cut ends, missing segments, newer formats', (t) => {
  const directory = spoolOfThirty(t);
  const path = (sequence: number): string => join(directory, segmentName(NODE, sequence));
  overwrite(path(1), 700, new Uint8Array(200));
  const second = readFileSync(path(2));
  writeFileSync(path(2), second.subarray(0, second.length - 7));
  unlinkSync(path(3));
  overwrite(path(4), 8, Uint8Array.of(200));
  // Zeros with a later group behind them are no end, in the growing segment too.
  overwrite(path(6), 100, new Uint8Array(100));
  const { problems } = verifySpool(directory, NODE);
  const expected = [
    /0001.spool: bytes \d+-\d+ .* damaged/,
    /0002.spool: bytes \d+-\d+ .* damaged/,
    /0004.spool: 1 segments in front of it are missing/,
    /0004.spool: of a newer format/,
    /0006.spool: bytes \d+-\d+ .* damaged/,
  ];
  assert.equal(problems.length, expected.length, problems.join('\n'));
  expected.forEach((pattern, i) => {
    assert.match(problems[i]!, pattern);
  });
});

test('what a crash left behind the last record is a remark', (t) => {
  const directory = spoolOfThirty(t);
  const path = join(directory, segmentName(NODE, 6));
  const end = readFileSync(path).findLastIndex((byte) => byte !== 0) + 1;
  overwrite(path, end + 2, Buffer.from([0xff, 0xfe, 1, 1, 200]));
  const { problems, remarks } = verifySpool(directory, NODE);
  assert.deepEqual([problems.length, remarks.length], [0, 1]);
  assert.match(remarks[0]!, /0006.spool: \d+ bytes behind the last record/);
});

test('positions have to lie where a record begins', (t) => {
  const directory = spoolOfThirty(t);
  const at = (sequence: number, offset: number): readonly string[] => {
    const position = { delivered: { sequence, offset }, pending: null };
    savePosition(positionFile(directory, NODE), position);
    return verifySpool(directory, NODE).problems;
  };
  for (const [sequence, offset] of [
    [0, 0],
    [2, 0],
    [2, 24],
    [2, 44],
  ] as const) {
    assert.deepEqual(at(sequence, offset), []);
  }
  assert.match(at(2, 45)[0]!, /2:45 of the delivery is not where a record begins/);
  assert.match(at(9, 24)[0]!, /9:24 .* behind the newest segment 6/);
  writeFileSync(positionFile(directory, NODE, 'push'), 'nonsense');
  assert.match(verifySpool(directory, NODE).problems.at(-1)!, /push.json is not a delivery/);
});
