// Writing: what is built comes back from the parser as it was meant.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { NameAddr } from '../../../../engine/sip/message/name-addr.ts';
import { ParseResult } from '../../../../engine/sip/message/parse-result.ts';
import { reasonPhrase } from '../../../../engine/sip/message/reason-phrases.ts';
import { unescapeUri, Uri } from '../../../../engine/sip/message/uri.ts';
import { contentLength, escapeUser, nameAddr } from '../../../../engine/sip/message/writer.ts';
import { quoted, requestLine, serialise } from '../../../../engine/sip/message/writer.ts';
import { statusLine, unquoted, viaLine } from '../../../../engine/sip/message/writer.ts';

const latin1 = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c)),
});

test('a request with a body', () => {
  const body = Buffer.from('..v=0\r\n..');
  const head =
    requestLine('INVITE', 'sip:b@h') +
    viaLine('UDP', '[::1]:5060', 'z9hG4bKx') +
    `From: ${nameAddr('A "B"', 'sip:a@h', 't1')}\r\n` +
    `To: ${nameAddr('', 'sip:b@h', '')}\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n` +
    contentLength(5);
  const out = Buffer.alloc(1000);
  const length = serialise(out, 10, head, body, 2, 7);
  const message = new SipMessage();
  assert.equal(message.parse(out, 10, 10 + length), ParseResult.Ok);
  assert.equal(message.topVia.rport, 0);
  assert.equal(message.slice(message.from.tagStart, message.from.tagEnd), 't1');
  assert.equal(message.to.tagStart, -1);
  assert.equal(message.slice(message.bodyStart, message.bodyEnd), 'v=0\r\n');
});

test('what does not fit is refused', () => {
  const out = Buffer.alloc(20);
  assert.equal(serialise(out, 0, 'x'.repeat(20), null, 0, 0), 20);
  assert.equal(serialise(out, 1, 'x'.repeat(20), null, 0, 0), -1);
  assert.equal(serialise(out, 0, 'x'.repeat(16), Buffer.alloc(9), 0, 5), -1);
});

test('status lines and phrases', () => {
  assert.equal(statusLine(486, reasonPhrase(486)), 'SIP/2.0 486 Busy Here\r\n');
  assert.equal(reasonPhrase(499), 'Client Error');
  assert.equal(reasonPhrase(699), 'Decline');
});

test('a display name survives quoting', () => {
  const view = new NameAddr();
  fc.assert(
    fc.property(latin1, (display) => {
      const buf = Buffer.from(`${quoted(display)} <sip:a@h>`, 'latin1');
      assert.equal(view.parse(buf, 0, buf.length), buf.length);
      assert.equal(unquoted(buf.toString('latin1', view.displayStart, view.displayEnd)), display);
    }),
  );
});

test('a user part survives escaping', () => {
  const uri = new Uri();
  fc.assert(
    fc.property(
      latin1.filter((user) => user !== ''),
      (user) => {
        const buf = Buffer.from(`sip:${escapeUser(user)}@h`, 'latin1');
        assert.equal(uri.parse(buf, 0, buf.length), true);
        assert.equal(unescapeUri(buf, uri.userStart, uri.userEnd), user);
      },
    ),
  );
});
