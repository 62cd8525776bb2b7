// Parameters, comma lists, RAck, authentication parameters: the small grammars.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthParameter, findAuthParameter } from '../../../../engine/sip/message/auth-params.ts';
import { isDigest } from '../../../../engine/sip/message/auth-params.ts';
import { word } from '../../../../engine/sip/message/bytes.ts';
import { CommaList, countValues } from '../../../../engine/sip/message/comma-list.ts';
import { findParameter, Parameter } from '../../../../engine/sip/message/params.ts';
import { RAck } from '../../../../engine/sip/message/rack.ts';

test('a parameter by name, quoted or not', () => {
  const buf = Buffer.from(' ; Alpha ;beta = "q;\\"x\\"" ; gamma=1', 'latin1');
  const found = new Parameter();
  assert.equal(findParameter(buf, 0, buf.length, word('gamma'), found), true);
  assert.equal(buf.toString('latin1', found.valueStart, found.valueEnd), '1');
  assert.equal(findParameter(buf, 0, buf.length, word('beta'), found), true);
  assert.equal(found.quoted, true);
  assert.equal(buf.toString('latin1', found.valueStart, found.valueEnd), 'q;\\"x\\"');
  assert.equal(findParameter(buf, 0, buf.length, word('alpha'), found), true);
  assert.equal(found.valueStart, -1);
  assert.equal(findParameter(buf, 0, buf.length, word('delta'), found), false);
});

test('values of one line', () => {
  const buf = Buffer.from('<sip:a,b>;x="c,d" ,, e , "f\\",g" <h>,', 'latin1');
  const list = new CommaList();
  list.start(buf, 0, buf.length);
  const values: string[] = [];
  while (list.next()) values.push(buf.toString('latin1', list.valueStart, list.valueEnd));
  assert.deepEqual(values, ['<sip:a,b>;x="c,d"', 'e', '"f\\",g" <h>']);
  assert.equal(countValues(Buffer.from('a, "b,c", <d,e>'), 0, 15), 3);
});

test('RAck', () => {
  const rack = new RAck();
  const parse = (text: string): boolean => rack.parse(Buffer.from(text), 0, text.length);
  assert.equal(parse('776656 1 INVITE'), true);
  assert.equal(rack.rseq, 776656);
  assert.equal(rack.cseq, 1);
  assert.deepEqual([rack.methodStart, rack.methodEnd], [9, 15]);
  for (const bad of ['', '1', '1 2', '1 INVITE', 'a 1 INVITE', '1 2 INVITE x', '1 2147483648 A']) {
    assert.equal(parse(bad), false, bad);
    assert.equal(rack.rseq, -1);
  }
});

test('a Digest challenge', () => {
  const text =
    'Digest realm="a, \\"b\\"",nonce=abc==, qop="auth,auth-int" , Algorithm=MD5,stale=FALSE';
  const buf = Buffer.from(text, 'latin1');
  const found = new AuthParameter();
  const get = (name: string): string | undefined =>
    findAuthParameter(buf, 0, buf.length, word(name), found) ? found.text(buf) : undefined;
  assert.equal(isDigest(buf, 0, buf.length), true);
  assert.equal(get('realm'), 'a, "b"');
  assert.equal(get('nonce'), 'abc==');
  assert.equal(get('qop'), 'auth,auth-int');
  assert.equal(get('algorithm'), 'MD5');
  assert.equal(get('stale'), 'FALSE');
  assert.equal(get('opaque'), undefined);
});

test('malformed credentials end the search', () => {
  const found = new AuthParameter();
  for (const text of ['Digest', 'Digest realm', 'Digest realm="open', 'Digest a=1 b=2, nonce=x']) {
    const buf = Buffer.from(text, 'latin1');
    assert.equal(findAuthParameter(buf, 0, buf.length, word('nonce'), found), false, text);
  }
});
