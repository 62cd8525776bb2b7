// The short way of a record into RowBinary against the long one: what it takes comes out the same,
// whatever the bytes, and it takes what the encoder writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pack } from 'msgpackr';
import { decodeRecord } from '../../engine/cdr/record-decoder.ts';
import { RecordEncoder } from '../../engine/cdr/record-encoder.ts';
import type { ColumnType } from '../../engine/cdr/schema.ts';
import {
  attemptColumns,
  cdrRecordColumns,
  KIND_ATTEMPT,
  KIND_CDR,
  SCHEMA_VERSION,
} from '../../engine/cdr/schema.ts';
import { RecordGatherer } from '../../ingest/record-gatherer.ts';
import { sampleAttempt, sampleCdr } from '../engine/cdr/records.ts';
import { contentOf } from './row-blocks.ts';

const encoder = new RecordEncoder();
const TABLES = [
  { kind: KIND_CDR, columns: cdrRecordColumns },
  { kind: KIND_ATTEMPT, columns: attemptColumns },
] as const;

/** The rows' bytes by the short way; undefined when it is not taken. */
function short(kind: number, payload: Buffer): readonly string[] | undefined {
  const rows = new RecordGatherer();
  const end = rows.addPacked(kind, SCHEMA_VERSION, payload, 0, payload.length);
  if (end < 0) assert.deepEqual(rows.mark(), [0, 0, 0, 0]);
  return end === payload.length ? contentOf(rows) : undefined;
}

/** By the long way; undefined when it is no record. */
function long(kind: number, payload: Buffer): readonly string[] | undefined {
  const decoded = decodeRecord(kind, SCHEMA_VERSION, payload, 0, payload.length);
  const rows = new RecordGatherer();
  if (decoded.status === 'attempt') rows.attempts.add(decoded.row);
  else if (decoded.status !== 'cdr') return undefined;
  else {
    rows.cdrs.add(decoded.row);
    if (decoded.answered !== null) rows.attempts.add(decoded.answered);
  }
  return contentOf(rows);
}

function packed(kind: number, n: number): Buffer {
  if (kind === KIND_ATTEMPT) encoder.attempt(sampleAttempt(n));
  else encoder.cdr(sampleCdr(n), n % 2 === 0 ? null : sampleAttempt(n));
  return Buffer.from(encoder.bytes.subarray(0, encoder.length));
}

const anyValue = fc.oneof(
  fc.string({ maxLength: 140 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, [], -0, 0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
  fc.constantFrom(10_413_705_600_000, 10_413_705_600_001, 2 ** 53),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const money = fc.oneof(
  fc.stringMatching(/^-?\d{1,29}(\.\d{1,9})?$/),
  fc.stringMatching(/^\d{1,7}(\.\d{1,9})?$/),
  fc.constantFrom('0', '0.000000001', '8999999.999999999', '9000000', '1.', '.5', '00.50', '1..2'),
);
const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<unknown>>> = {
  text: fc.string({ maxLength: 140 }),
  side: fc.constantFrom('caller', 'callee', 'server', 'Caller', 'calle'),
  evidence: fc.constantFrom('seen', 'recovered', 'assumed', ''),
  money,
  time: fc.oneof(fc.integer({ min: 0, max: 10_413_705_600_000 }), fc.constant(0)),
  count: fc.integer({ min: 0, max: 0xffffffff }),
  code: fc.integer({ min: 0, max: 0xffff }),
  ordinal: fc.integer({ min: 0, max: 0xff }),
};

test('the short way takes what the encoder writes, and writes what the long way does', () => {
  for (let n = 0; n < 50; n++) {
    for (const { kind } of TABLES) {
      const payload = packed(kind, n);
      const row = short(kind, payload);
      assert.ok(row);
      assert.deepEqual(row, long(kind, payload));
    }
  }
});

for (const { kind, columns } of TABLES) {
  test(`kind ${kind}: values of all kinds come out alike or go the long way`, () => {
    const row = columns.map(({ name, type }) => (name === 'id' ? fc.uuid() : VALUES[type]));
    let taken = 0;
    fc.assert(
      fc.property(
        fc.tuple(...row),
        fc.nat(columns.length - 1),
        fc.option(anyValue, { nil: undefined }),
        (values, at, other) => {
          if (other !== undefined) values[at] = other;
          const payload = pack(values);
          const row = short(kind, payload);
          if (row === undefined) return;
          taken++;
          assert.deepEqual(row, long(kind, payload));
        },
      ),
      { numRuns: 2000 },
    );
    assert.ok(taken > 20, `${taken} were taken`);
  });

  test(`kind ${kind}: whatever the bytes, nothing is taken that the long way would not`, () => {
    const good = packed(kind, 7);
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(edits, fc.nat(good.length), (changes, length) => {
        const payload = Buffer.from(
          good.subarray(0, length > good.length / 2 ? undefined : length),
        );
        for (const [at, byte] of changes) if (at < payload.length) payload[at] = byte;
        const row = short(kind, payload);
        if (row !== undefined) assert.deepEqual(row, long(kind, payload));
      }),
      { numRuns: 5000 },
    );
  });
}
