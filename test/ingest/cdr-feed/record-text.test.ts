// A CDR as CSV and as JSON comes back as it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRecord } from '../../../engine/cdr/record-decoder.ts';
import type { Row } from '../../../engine/cdr/record-decoder.ts';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import type { Cdr } from '../../../engine/cdr/schema.ts';
import { cdrColumns, KIND_CDR, SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import { callIdOf, CSV_HEADER, csvLine, jsonRecord } from '../../../ingest/cdr-feed/record-text.ts';
import { sampleCdr } from '../../engine/cdr/records.ts';
import { parseCsv } from './csv-text.ts';

function rowOf(cdr: Cdr): Row {
  const encoder = new RecordEncoder();
  encoder.cdr(cdr);
  const decoded = decodeRecord(KIND_CDR, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
  assert.equal(decoded.status, 'cdr');
  return (decoded as { row: Row }).row;
}

function csvRecord(row: Row): Record<string, string> {
  const [names, values, ...more] = parseCsv(CSV_HEADER + csvLine(row)) as [string[], string[]];
  assert.deepEqual(more, []);
  assert.equal(names.length, values.length);
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

test('columns have the names of the table; times are UTC, money stays text', () => {
  const cdr = sampleCdr(7);
  const csv = csvRecord(rowOf(cdr));
  assert.deepEqual(
    Object.keys(csv),
    cdrColumns.map(({ name }) => name),
  );
  assert.equal(csv['id'], cdr.id);
  assert.equal(csv['started_at'], '2026-11-23T08:00:00.007Z');
  assert.equal(csv['duration_ms'], '30000');
  assert.equal(csv['caller_in'], '+441632960001');
  assert.equal(csv['customer_fee'], '0.012');
  const json = JSON.parse(jsonRecord(rowOf(cdr))) as Record<string, unknown>;
  assert.equal(json['started_at'], '2026-11-23T08:00:00.007Z');
  assert.equal(json['duration_ms'], 30_000);
  assert.equal(json['customer_fee'], '0.012');
  assert.equal(callIdOf(rowOf(cdr)), cdr.id);
});

test('what never happened is empty in CSV, null in JSON', () => {
  const row = rowOf({ ...sampleCdr(1), answeredAtMs: 0, pddMs: 0 });
  assert.equal(csvRecord(row)['answered_at'], '');
  assert.equal(csvRecord(row)['pdd_ms'], '');
  const json = JSON.parse(jsonRecord(row)) as Record<string, unknown>;
  assert.deepEqual([json['answered_at'], json['pdd_ms']], [null, null]);
});

test('any text survives: commas, quotes, line ends, spaces at the ends', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom(',', '"', '\r', '\n', ' ', 'a') }),
  );
  fc.assert(
    fc.property(text, text, (endReason, callIdIn) => {
      const row = rowOf({ ...sampleCdr(1), endReason, callIdIn });
      const csv = csvRecord(row);
      assert.equal(csv['end_reason'], endReason);
      assert.equal(csv['call_id_in'], callIdIn);
      const line = jsonRecord(row);
      assert.ok(!line.includes('\n'));
      assert.equal((JSON.parse(line) as Record<string, unknown>)['end_reason'], endReason);
    }),
  );
});
