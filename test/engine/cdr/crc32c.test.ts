// CRC-32C against the vectors of RFC 3720 appendix B.4 and against itself in pieces.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from '../../../engine/cdr/crc32c.ts';

const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);

const vectors: [string, Uint8Array, number][] = [
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['ascending', ascending, 0x46dd794e],
  ['descending', ascending.slice().reverse(), 0x113fdb5c],
  ['check value', Buffer.from('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
];

for (const [name, bytes, expected] of vectors) {
  test(`crc32c of ${name}`, () => {
    assert.equal(crc32c(bytes, 0, bytes.length), expected);
  });
}

test('a checksum goes on where an earlier one ended', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      const at = Math.min(cut, bytes.length);
      const whole = crc32c(bytes, 0, bytes.length);
      assert.equal(crc32c(bytes, at, bytes.length, crc32c(bytes, 0, at)), whole);
    }),
  );
});

test('only the named range counts', () => {
  const padded = Buffer.from('xx123456789yy');
  assert.equal(crc32c(padded, 2, 11), 0xe3069283);
});

test('buffers in turn, also parts of the same memory, do not mix', () => {
  const memory = new ArrayBuffer(200);
  const parts = [new Uint8Array(memory, 3, 60), new Uint8Array(memory, 70, 60)];
  parts[0]!.set(ascending, 20);
  parts[1]!.set(ascending.slice().reverse(), 20);
  for (let i = 0; i < 4; i++) {
    assert.equal(crc32c(parts[i % 2]!, 20, 52), i % 2 === 0 ? 0x46dd794e : 0x113fdb5c);
  }
});
