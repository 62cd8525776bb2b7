// Encoder and decoder agree on the layout, value by value, and the decoder refuses the rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { decodeRecord } from '../../../engine/cdr/record-decoder.ts';
import type { Decoded } from '../../../engine/cdr/record-decoder.ts';
import { MAX_TEXT_CHARS, RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import type { Cdr, CdrAttempt, Column } from '../../../engine/cdr/schema.ts';
import {
  attemptColumns,
  cdrColumns,
  cdrRecordColumns,
  KIND_ALIVE,
  KIND_ATTEMPT,
  KIND_CDR,
  KIND_START,
  KIND_WITHHELD,
  SCHEMA_VERSION,
} from '../../../engine/cdr/schema.ts';
import { sampleAttempt, sampleCdr } from './records.ts';

const packr = new Packr({ useRecords: false });

function decode(kind: number, bytes: Buffer, version = SCHEMA_VERSION): Decoded {
  return decodeRecord(kind, version, bytes, 0, bytes.length);
}

/** `started_at` is column of `startedAtMs`, `caller_in` of `callerIn`. */
function byColumn(record: Cdr | CdrAttempt): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key.replace(/AtMs$/, 'At').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

function named(columns: readonly Column[], decoded: Decoded): Record<string, unknown> {
  assert.ok('row' in decoded, JSON.stringify(decoded));
  return Object.fromEntries(columns.map((column, i) => [column.name, decoded.row[i]]));
}

function encodeCdr(cdr: Cdr, answered: CdrAttempt | null = null): Buffer {
  const encoder = new RecordEncoder();
  encoder.cdr(cdr, answered);
  return Buffer.from(encoder.bytes.subarray(0, encoder.length));
}

test('every field of a CDR arrives in the column of its name', () => {
  const cdr = sampleCdr(7);
  const decoded = decode(KIND_CDR, encodeCdr(cdr));
  assert.equal(decoded.status, 'cdr');
  assert.deepEqual(named(cdrColumns, decoded), byColumn(cdr));
});

test('what never happened is null', () => {
  const unanswered = { ...sampleCdr(1), ringingAtMs: 0, answeredAtMs: 0, pddMs: 0, durationMs: 0 };
  const row = named(cdrColumns, decode(KIND_CDR, encodeCdr(unanswered)));
  assert.deepEqual(
    [row['ringing_at'], row['answered_at'], row['pdd_ms'], row['duration_ms']],
    [null, null, null, 0],
  );
});

test('every field of an attempt arrives in the column of its name', () => {
  const encoder = new RecordEncoder();
  encoder.cdr(sampleCdr(1));
  encoder.attempt(sampleAttempt(7));
  const decoded = decode(KIND_ATTEMPT, encoder.bytes.subarray(0, encoder.length));
  assert.equal(decoded.status, 'attempt');
  assert.deepEqual(named(attemptColumns, decoded), byColumn(sampleAttempt(7)));
});

test('the CDR of an answered call gives the row of the attempt that was answered too', () => {
  const cdr = { ...sampleCdr(7), attempts: 2 };
  const { id, routingGateway, destinationIp, endedAtMs } = cdr;
  const attempt = { ...sampleAttempt(7), id, routingGateway, destinationIp, endedAtMs };
  const decoded = decode(KIND_CDR, encodeCdr(cdr, { ...attempt, code: 200, reason: 'OK' }));
  assert.ok(decoded.status === 'cdr' && decoded.answered !== null);
  assert.deepEqual(named(cdrColumns, decoded), byColumn(cdr));
  const answered = named(attemptColumns, { status: 'attempt', row: decoded.answered });
  assert.deepEqual(answered, byColumn({ ...attempt, code: 200, reason: 'OK' }));
});

test('the CDR of a call that was not answered gives none', () => {
  const decoded = decode(KIND_CDR, encodeCdr(sampleCdr(7)));
  assert.ok(decoded.status === 'cdr');
  assert.equal(decoded.answered, null);
});

test('texts of any kind and any length give a record of bounded size', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      const cdr = { ...sampleCdr(1), callerIn: text, endReason: text, callIdIn: text, codec: text };
      const bytes = encodeCdr(cdr);
      assert.ok(bytes.length < 16_384);
      const row = named(cdrColumns, decode(KIND_CDR, bytes));
      const clipped = Buffer.from(text.slice(0, MAX_TEXT_CHARS)).toString();
      assert.equal(row['end_reason'], clipped);
    }),
  );
});

test('one encoder gives the same bytes again and again', () => {
  const encoder = new RecordEncoder();
  for (let i = 0; i < 2000; i++) {
    encoder.cdr(sampleCdr(i));
    assert.deepEqual(encoder.bytes.subarray(0, encoder.length), encodeCdr(sampleCdr(i)));
  }
});

test('a plain msgpack array without extensions, readable elsewhere', () => {
  const bytes = encodeCdr(sampleCdr(1));
  assert.deepEqual([...bytes.subarray(0, 3)], [0xdc, 0, cdrRecordColumns.length]);
});

test('a record of version 1 has the defaults of the columns that came later', () => {
  const first = cdrColumns.filter(({ since }) => since === 1).length;
  const values = packr.unpack(encodeCdr(sampleCdr(3))) as unknown[];
  const row = named(cdrColumns, decode(KIND_CDR, packr.pack(values.slice(0, first)), 1));
  assert.deepEqual([row['billed_ms'], row['area'], row['tax']], [60_000, '', '0']);
  assert.equal(row['end_evidence'], 'seen');
  assert.equal(decode(KIND_CDR, packr.pack(values.slice(0, first)), 2).status, 'malformed');
});

test('columns only come at the end: an older record is the beginning of a newer one', () => {
  for (const columns of [cdrRecordColumns, attemptColumns]) {
    const versions = columns.map(({ since }) => since);
    assert.deepEqual(versions, [...versions].sort());
    assert.ok(versions.at(-1)! <= SCHEMA_VERSION);
  }
  const ofCdr = cdrRecordColumns.slice(0, cdrColumns.length);
  assert.deepEqual(ofCdr, cdrColumns, 'the row of a CDR is cut off at the front');
});

test('a CDR of version 2 says nothing of its attempts, which are records of their own', () => {
  const values = packr.unpack(encodeCdr(sampleCdr(3), sampleAttempt(3))) as unknown[];
  const decoded = decode(KIND_CDR, packr.pack(values.slice(0, cdrColumns.length)), 2);
  assert.ok(decoded.status === 'cdr');
  assert.deepEqual(named(cdrColumns, decoded), byColumn(sampleCdr(3)));
  assert.equal(decoded.answered, null);
});

test('a newer kind or version is of the future, whatever it holds', () => {
  const bytes = Buffer.from('anything');
  assert.equal(decode(KIND_CDR, bytes, SCHEMA_VERSION + 1).status, 'future');
  assert.equal(decode(KIND_WITHHELD + 1, bytes).status, 'future');
  for (const kind of [KIND_START, KIND_ALIVE, KIND_WITHHELD]) {
    assert.equal(decode(kind, bytes).status, 'state');
  }
});

const spoilt: [string, unknown][] = [
  ['id', 'not-a-uuid'],
  ['node', 5],
  ['started_at', -1],
  ['ended_at', 1e14],
  ['duration_ms', 1.5],
  ['duration_ms', 2 ** 32],
  ['end_code', 65_536],
  ['attempts', 256],
  ['end_side', 'nobody'],
  ['customer_fee', '0.0123456789'],
  ['vendor_fee', 0.5],
  ['billed_ms', null],
  ['attempt_started_at', 1.5],
  ['attempt_code', 65_536],
  ['attempt_reason', null],
];

for (const [column, value] of spoilt) {
  test(`${column} = ${String(value)} is malformed`, () => {
    const values = packr.unpack(encodeCdr(sampleCdr(1))) as unknown[];
    values[cdrRecordColumns.findIndex(({ name }) => name === column)] = value;
    const bytes = packr.pack(values);
    assert.deepEqual(decode(KIND_CDR, bytes), { status: 'malformed', reason: `column ${column}` });
  });
}

test('bytes that are no record are malformed, never an exception', () => {
  assert.equal(decode(KIND_CDR, packr.pack([1, 2])).status, 'malformed');
  assert.equal(decode(0, packr.pack([])).status, 'malformed');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.equal(decode(KIND_CDR, Buffer.from(bytes)).status, 'malformed');
    }),
  );
});
