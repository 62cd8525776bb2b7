// What the operator sees of a spool: segments, positions, records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { positionFile, savePosition } from '../../../ingest/delivery-position.ts';
import { inspectRecords, inspectSegments } from '../../../ingest/spool/inspect.ts';
import { NODE, sampleCdr } from '../../engine/cdr/records.ts';
import { spoolOfThirty } from './spools.ts';

test('segments with their records and times, and how far each consumer is', (t) => {
  const directory = spoolOfThirty(t);
  const delivered = { sequence: 2, offset: 24 };
  savePosition(positionFile(directory, NODE), { delivered, pending: null });
  const pending = { sequence: 2, first: 24, last: 500 };
  savePosition(positionFile(directory, NODE, 'push'), { delivered, pending });
  let text = '';
  inspectSegments(directory, [NODE], (part) => (text += part));
  const lines = text.split('\n');
  assert.match(lines[3]!, /^1 .*CDR 5, ATTEMPT 5 .*T08:00:00.000Z .*T08:04:00.000Z .*sealed$/);
  assert.match(lines[8]!, /^6 .*T08:29:00.000Z .*newest$/);
  assert.match(text, /^delivery: delivered up to 2:24$/m);
  assert.match(text, /^push: delivered up to 2:24, batch 2:24-500 announced$/m);
});

test('records as JSON lines, all or those of a call', (t) => {
  const directory = spoolOfThirty(t);
  const lines: Record<string, unknown>[] = [];
  const print = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  inspectRecords(directory, [NODE], undefined, print);
  assert.equal(lines.length, 60);
  lines.length = 0;
  const { id, calleeIn } = sampleCdr(17);
  inspectRecords(directory, [NODE], id, print);
  assert.deepEqual(
    lines.map((line) => [line['kind'], line['id'], line['sequence'], line['callee_in']]),
    [
      ['ATTEMPT', id, 4, undefined],
      ['CDR', id, 4, calleeIn],
    ],
  );
  assert.equal(lines[1]!['written'], '2026-11-23T08:17:00.000Z');
});
