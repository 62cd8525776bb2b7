// URIs: every part of sip, sips and tel, parameters by name, faults.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { word } from '../../../../engine/sip/message/bytes.ts';
import { findUriParameter, Uri, UriParameter } from '../../../../engine/sip/message/uri.ts';
import { UriScheme } from '../../../../engine/sip/message/uri.ts';

const uri = new Uri();
const found = new UriParameter();
let buf = Buffer.alloc(0);

function parse(text: string): boolean {
  buf = Buffer.from(text, 'latin1');
  return uri.parse(buf, 0, buf.length);
}

function text(start: number, end: number): string | null {
  return start < 0 ? null : buf.toString('latin1', start, end);
}

function parameter(name: string): string | null | undefined {
  if (!findUriParameter(buf, uri, word(name), found)) return undefined;
  return text(found.valueStart, found.valueEnd);
}

test('all parts of a SIP URI', () => {
  assert.equal(parse('SIPS:al%69ce:pw@[2001:db8::1]:5061;lr;Transport=TCP;x=?Subject=a&b=c'), true);
  assert.equal(uri.scheme, UriScheme.Sips);
  assert.equal(text(uri.userStart, uri.userEnd), 'al%69ce');
  assert.equal(text(uri.passwordStart, uri.passwordEnd), 'pw');
  assert.equal(text(uri.hostStart, uri.hostEnd), '2001:db8::1');
  assert.equal(uri.port, 5061);
  assert.equal(text(uri.paramsStart, uri.paramsEnd), ';lr;Transport=TCP;x=');
  assert.equal(text(uri.headersStart, uri.headersEnd), 'Subject=a&b=c');
  assert.equal(parameter('transport'), 'TCP');
  assert.equal(parameter('lr'), null);
  assert.equal(parameter('x'), '');
  assert.equal(parameter('transpor'), undefined);
});

test('the least URI, and headers without parameters', () => {
  assert.equal(parse('sip:h'), true);
  assert.equal(uri.userStart, -1);
  assert.equal(uri.port, -1);
  assert.equal(uri.paramsStart, uri.paramsEnd);
  assert.equal(parse('sip:h?a=b'), true);
  assert.equal(text(uri.headersStart, uri.headersEnd), 'a=b');
});

test('tel', () => {
  assert.equal(parse('tel:+44-20-7183;phone-context=example.com;ext=5'), true);
  assert.equal(uri.scheme, UriScheme.Tel);
  assert.equal(text(uri.userStart, uri.userEnd), '+44-20-7183');
  assert.equal(parameter('ext'), '5');
});

test('faults', () => {
  for (const value of [
    '',
    'sip',
    'sip:',
    'sip:@h',
    'sip:a@',
    'sip:a@b@c',
    'sip:h:',
    'sip:h:0',
    'sip:h:65536',
    'sip:h:50x',
    'sip:[::1',
    'sip:[]',
    'sip:a%4@h',
    'sip:a%zz@h',
    'sip:a b@h',
    'sip:h"',
    'sip:<h>',
    'sip:h/x',
    'tel:',
    'tel:;x',
    ':h',
  ]) {
    assert.equal(parse(value), false, value);
  }
});
