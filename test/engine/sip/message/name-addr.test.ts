// Address values: display names, brackets, tags, the star, faults.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NameAddr } from '../../../../engine/sip/message/name-addr.ts';

const address = new NameAddr();
let buf = Buffer.alloc(0);

function parse(text: string): number {
  buf = Buffer.from(text, 'latin1');
  return address.parse(buf, 0, buf.length);
}

function text(start: number, end: number): string | null {
  return start < 0 ? null : buf.toString('latin1', start, end);
}

test('forms of an address', () => {
  const cases: [string, string | null, string, string | null][] = [
    ['<sip:a@b>', null, 'sip:a@b', null],
    ['sip:a@b;tag=1', null, 'sip:a@b', '1'],
    ['"A \\"B\\" <x>, C" <sip:a@b;tag=no>;x=y;TAG=t2', 'A \\"B\\" <x>, C', 'sip:a@b;tag=no', 't2'],
    ['Anna Smith <sip:a@b>', 'Anna Smith', 'sip:a@b', null],
    ['tel:+441234;tag=9', null, 'tel:+441234', '9'],
    ['"" <sips:b>;expires=5', '', 'sips:b', null],
    ['<sip:a@b?Subject=x>;tag=q', null, 'sip:a@b?Subject=x', 'q'],
  ];
  for (const [value, display, uri, tag] of cases) {
    assert.equal(parse(value), value.length, value);
    assert.equal(text(address.displayStart, address.displayEnd), display, value);
    assert.equal(text(address.uriStart, address.uriEnd), uri, value);
    assert.equal(text(address.tagStart, address.tagEnd), tag, value);
    assert.equal(address.isStar, false);
  }
});

test('stops at the comma before the next value', () => {
  const value = '<sip:a,b@c>;q="1,2", <sip:d>';
  assert.equal(parse(value), value.indexOf(', <'));
});

test('the star', () => {
  assert.equal(parse('*'), 1);
  assert.equal(address.isStar, true);
  assert.equal(address.uriStart, -1);
});

test('faults', () => {
  for (const value of [
    '',
    ' ',
    '<>',
    '<sip:>',
    '<sip:a@b',
    'sip:a@b?x=y',
    '"open <sip:a@b>',
    '"closed" sip:a@b',
    'Bell, A <sip:a@b>',
    '< sip:a@b>',
    '<sip:a@b>;',
    '<sip:a@b>;;tag=1',
    '<sip:a@b>;tag="open',
    '<sip:a@b> x',
    '<noscheme>',
    '1sip:a@b',
  ]) {
    assert.notEqual(parse(value), value.length, value);
  }
});
