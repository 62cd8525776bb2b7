// STUN Binding answers against RFC 8489 and against addresses and fingerprints of RFC 5769's
// samples.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { Endpoint } from '../../../../engine/base/endpoint.ts';
import { isStun } from '../../../../engine/sip/message/datagram-kind.ts';
import { stunAnswer } from '../../../../engine/sip/message/stun.ts';

const COOKIE = '2112a442';
/** Transaction ID of the samples of RFC 5769 2. */
const ID = 'b7e7a701bc34d686fa87dfae';
const V4: Endpoint = { family: 4, ip: '192.0.2.1', port: 32853 };
const V6: Endpoint = { family: 6, ip: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 };

function message(type: string, attributes = '', head = COOKIE + ID): Buffer {
  const length = (attributes.length / 2).toString(16).padStart(4, '0');
  return Buffer.from(type + length + head + attributes, 'hex');
}

function withFingerprint(type: string, attributes = '', wrong = 0): Buffer {
  const whole = message(type, `${attributes}8028000400000000`);
  const crc = (crc32(whole.subarray(0, whole.length - 8)) ^ 0x5354554e ^ wrong) >>> 0;
  whole.writeUInt32BE(crc, whole.length - 4);
  return whole;
}

function answer(request: Buffer, source = V4): string {
  const framed = Buffer.concat([Buffer.from('xx'), request, Buffer.from('yy')]);
  assert.ok(isStun(framed, 2, 2 + request.length));
  return Buffer.from(stunAnswer(framed, 2, 2 + request.length, source), 'latin1').toString('hex');
}

test('the source address comes back, covered by cookie and transaction ID', () => {
  // The attribute values are those of RFC 5769 2.2 and 2.3.
  assert.equal(answer(message('0001')), `0101000c${COOKIE}${ID}002000080001a147e112a643`);
  const v6 = '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9';
  assert.equal(answer(message('0001'), V6), `01010018${COOKIE}${ID}${v6}`);
});

test('a request without the cookie (RFC 3489) gets a plain MAPPED-ADDRESS', () => {
  const head = `00000000${ID}`;
  assert.equal(answer(message('0001', '', head)), `0101000c${head}0001000800018055c0000201`);
});

test('a fingerprint is checked, and answered with one', () => {
  const text = answer(withFingerprint('0001'));
  assert.equal(text.slice(0, 64), `01010014${COOKIE}${ID}002000080001a147e112a643`);
  const bytes = Buffer.from(text, 'hex');
  assert.equal(bytes.readUInt32BE(32), 0x80280004);
  assert.equal((bytes.readUInt32BE(36) ^ 0x5354554e) >>> 0, crc32(bytes.subarray(0, 32)));
  assert.equal(answer(withFingerprint('0001', '', 1)), '');
  // It has to be the last attribute.
  assert.equal(answer(message('0001', '802800040000000080220000')), '');
});

test('what must be understood and is not gets 420 with a list; what may be ignored is', () => {
  const known = '00060000' + '8022000461626364' + 'fffe0000';
  // CHANGE-REQUEST of RFC 3489 and one nobody knows, with padding.
  const unknown = '0003000400000002' + '77770001aa000000' + known;
  const head = `01110010${COOKIE}${ID}`;
  assert.equal(answer(message('0001', unknown)), `${head}0009000400000414` + '000a000400037777');
  assert.equal(answer(message('0001', known)).slice(0, 4), '0101');
});

test('only requests of the Binding method are answered', () => {
  for (const type of ['0011', '0101', '0111', '0003', '0104']) {
    assert.equal(answer(message(type)), '', type);
  }
});

test('attributes that run over the end get nothing', () => {
  assert.equal(answer(message('0001', '00060005aabbccdd')), '');
  assert.equal(answer(message('0001', '0006fff0')), '');
});

test('whatever comes: no exception, at most 24 bytes more than came, never a request', () => {
  const attribute = fc
    .tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: 12 }))
    .map(([type, value]) => {
      const padded = Buffer.alloc(4 + ((value.length + 3) & ~3));
      padded.writeUInt16BE(type, 0);
      padded.writeUInt16BE(value.length, 2);
      padded.set(value, 4);
      return padded.toString('hex');
    });
  const source = fc.constantFrom(V4, V6);
  fc.assert(
    fc.property(
      fc.array(attribute, { maxLength: 40 }),
      fc.boolean(),
      source,
      (list, print, from) => {
        const request = print
          ? withFingerprint('0001', list.join(''))
          : message('0001', list.join(''));
        const text = stunAnswer(request, 0, request.length, from);
        assert.ok(text.length <= request.length + 24, `${text.length} for ${request.length}`);
        if (text !== '') assert.ok(text.charCodeAt(0) << 8 > 0);
      },
    ),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 24, maxLength: 80 }), (bytes) => {
      const request = Buffer.from(bytes.subarray(0, bytes.length & ~3));
      request.writeUInt16BE(1, 0);
      request.writeUInt16BE(request.length - 20, 2);
      assert.ok(isStun(request, 0, request.length));
      stunAnswer(request, 0, request.length, V6);
    }),
  );
});
