// Session-Expires as RFC 4028 4 writes it, in all forms of the field; what is malformed counts as
// absent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SessionExpires } from '../../../../engine/sip/message/session-expires.ts';
import { parsed } from './parsed.ts';

const header = new SessionExpires();

function read(value: string): [number, string | null] {
  const buf = Buffer.from(value, 'latin1');
  header.parse(buf, 0, buf.length);
  return [header.seconds, header.refresher];
}

test('interval and refresher, in any case and with other parameters', () => {
  const cases: [string, number, string | null][] = [
    ['1800', 1800, null],
    ['90;refresher=uac', 90, 'uac'],
    ['90 ; Refresher = UAS', 90, 'uas'],
    ['0600;x=y;refresher=uas;z', 600, 'uas'],
    ['90;refresher="uac"', 90, 'uac'],
    ['90;refresher=proxy', 90, null],
    ['90;refresher', 90, null],
    ['2147483647', 2147483647, null],
  ];
  for (const [value, seconds, refresher] of cases) {
    assert.deepEqual(read(value), [seconds, refresher], value);
  }
});

test('what is no interval', () => {
  for (const value of ['', 'x', '-90', '90 60', '90,60', '99999999999', ';refresher=uac', '9O']) {
    assert.deepEqual(read(value), [-1, null], value);
  }
});

test('read from a message: long and compact form, none', () => {
  const found = (headers: string): number => {
    header.read(parsed(headers));
    return header.seconds;
  };
  assert.equal(found('Session-Expires: 600\r\n'), 600);
  assert.equal(found('x: 700;refresher=uas\r\n'), 700);
  assert.equal(header.refresher, 'uas');
  assert.equal(found('session-EXPIRES: 400 \r\n'), 400);
  assert.equal(found(''), -1);
  assert.equal(header.refresher, null);
});

test('no bytes make it fail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      header.parse(Buffer.from(bytes), 0, bytes.length);
      assert.ok(header.seconds >= -1);
    }),
  );
});
