// What the writer writes is what msgpackr reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Unpackr } from 'msgpackr';
import { MsgpackWriter } from '../../../engine/cdr/msgpack-writer.ts';

const unpackr = new Unpackr({ useRecords: false });
const writer = new MsgpackWriter(1 << 18);

function written(): unknown[] {
  return unpackr.unpackMultiple(writer.bytes.subarray(0, writer.length)) as unknown[];
}

const integer = fc.oneof(
  fc.integer({ min: -32, max: 300 }),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.maxSafeInteger().map(Math.abs),
  fc.constantFrom(127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 1_795_000_000_123),
);
const text = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 300 }),
);

test('arrays of texts and whole numbers come back', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(integer, text), { maxLength: 40 }), (values) => {
      writer.clear();
      writer.values(values, 300);
      assert.deepEqual(written(), [values]);
    }),
  );
});

test('texts in an array are cut to the characters that they may have', () => {
  writer.clear();
  writer.values(['1234', '12345', 123_456, '123456'], 5);
  assert.deepEqual(written(), [['1234', '12345', 123_456, '12345']]);
});

test('a long text has a head of its own', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (parts) => {
      const long = parts.join(',');
      writer.clear();
      writer.integer(7);
      writer.longText(long);
      writer.integer(8);
      assert.deepEqual(written(), [7, long, 8]);
    }),
  );
});

test('a long text is cut where the buffer ends', () => {
  const small = new MsgpackWriter(16);
  small.longText('abcdefghijklmnop');
  assert.equal(small.length, 16);
  assert.equal(small.bytes.toString('latin1', 5), 'abcdefghijk');
});
