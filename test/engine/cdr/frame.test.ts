// A frame is recognised exactly when all of it is there and not one bit differs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkFrame,
  FRAME_HEADER_BYTES,
  FRAME_INCOMPLETE,
  FRAME_INVALID,
  FRAME_KIND_AT,
  FRAME_VERSION_AT,
  MAX_PAYLOAD_BYTES,
  writeFrame,
} from '../../../engine/cdr/frame.ts';

const someFrame = fc.record({
  kind: fc.integer({ min: 0, max: 255 }),
  version: fc.integer({ min: 0, max: 255 }),
  payload: fc.uint8Array({ maxLength: 300 }),
  offset: fc.nat(40),
});

function build(kind: number, version: number, payload: Uint8Array, offset: number): Buffer {
  const target = Buffer.alloc(offset + FRAME_HEADER_BYTES + payload.length, 0xaa);
  const end = writeFrame(target, offset, kind, version, Buffer.from(payload), 0, payload.length);
  assert.equal(end, target.length);
  return target;
}

test('what is written is found again', () => {
  fc.assert(
    fc.property(someFrame, ({ kind, version, payload, offset }) => {
      const bytes = build(kind, version, payload, offset);
      assert.equal(checkFrame(bytes, offset, bytes.length), bytes.length);
      assert.equal(bytes[offset + FRAME_KIND_AT], kind);
      assert.equal(bytes[offset + FRAME_VERSION_AT], version);
      assert.deepEqual(bytes.subarray(offset + FRAME_HEADER_BYTES), Buffer.from(payload));
    }),
  );
});

test('every prefix of a frame is incomplete', () => {
  const bytes = build(1, 1, Buffer.from('payload'), 0);
  for (let end = 0; end < bytes.length; end++) {
    assert.equal(checkFrame(bytes, 0, end), FRAME_INCOMPLETE, `cut at ${end}`);
  }
});

test('a flipped bit is never taken for a good frame', () => {
  const frame = build(1, 1, Buffer.from('a payload of some length'), 0);
  // Room behind it, so that a longer length field does not end outside.
  const bytes = Buffer.concat([frame, Buffer.alloc(MAX_PAYLOAD_BYTES)]);
  for (let bit = 0; bit < frame.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(checkFrame(bytes, 0, bytes.length), FRAME_INVALID, `bit ${bit}`);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
  assert.equal(checkFrame(bytes, 0, bytes.length), frame.length);
});

test('random bytes are no frame', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: FRAME_HEADER_BYTES, maxLength: 200 }), (bytes) => {
      assert.ok(checkFrame(Buffer.from(bytes), 0, bytes.length) <= 0);
    }),
  );
});
