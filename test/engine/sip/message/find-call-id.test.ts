// findCallId must agree with the full parser: two shards that disagree lose a call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findCallId, foundCallId } from '../../../../engine/sip/message/find-call-id.ts';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { ParseResult } from '../../../../engine/sip/message/parse-result.ts';

const message = new SipMessage();
/** Results after which the header section has been read to its end. */
const readToEnd: ReadonlySet<ParseResult> = new Set([
  ParseResult.Ok,
  ParseResult.BadRequest,
  ParseResult.UnsupportedVersion,
  ParseResult.UriTooLong,
  ParseResult.HeaderTooLong,
  ParseResult.TooManyVias,
]);

function assertAgreement(text: string): void {
  const buf = Buffer.from(`padding${text}Call-ID: behind\r\n`, 'latin1');
  const end = 7 + text.length;
  const result = message.parse(buf, 7, end);
  const found = findCallId(buf, 7, end);
  if (!readToEnd.has(result)) return;
  assert.equal(found, message.callIdStart >= 0, JSON.stringify(text));
  assert.equal(foundCallId.start, message.callIdStart);
  assert.equal(foundCallId.end, message.callIdEnd);
}

const name = fc.constantFrom('Call-ID', 'call-id', 'CALL-ID', 'i', 'I', 'CallID', 'Call-IDx', 'ii');
const gap = fc.constantFrom('', ' ', '\t', '\r\n ', '\n\t', '  ');
const value = fc.constantFrom('a@b', '', 'x', 'a b', 'a\r\n b', 'i: c', '\x00', ':');
const eol = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n');
const callIdLine = fc
  .tuple(
    name,
    fc.constantFrom('', ' ', '\t'),
    fc.constantFrom(':', ':', ':', ''),
    gap,
    value,
    gap,
    eol,
  )
  .map((parts) => parts.join(''));
const otherLine = fc.constantFrom(
  'Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n',
  'Contact: <sip:a@b>\r\n',
  'Subject: x\r\n Call-ID: inside a fold\r\n',
  'CSeq: 1 INVITE\r\n',
  'c: text/plain\r\n',
  'bare\rcr: 1\r\n',
  'From: <sip:a@b>;tag=1\n',
  ' leading: fold\r\n',
  '\r\n',
  '\rx\r\n',
);
const datagram = fc
  .tuple(
    fc.constantFrom('', '\r\n', '\r\n\r\n', '\n'),
    fc.constantFrom('INVITE sip:a@b SIP/2.0\r\n', 'SIP/2.0 200 OK\r\n', 'BYE sip:a@b SIP/3.0\n'),
    fc.array(fc.oneof(callIdLine, otherLine), { maxLength: 8 }),
    fc.constantFrom('', '\r\n', '\n', '\r\nCall-ID: in the body\r\n'),
  )
  .map(([lead, start, lines, last]) => lead + start + lines.join('') + last);

test('agrees with the parser on messages made of awkward lines', () => {
  fc.assert(fc.property(datagram, assertAgreement), { numRuns: 3000 });
});

test('finds nothing where there is nothing', () => {
  for (const text of ['', '\r\n', 'x', 'INVITE sip:a@b SIP/2.0\r\n', '\r\n\r\nCall-ID']) {
    const buf = Buffer.from(text, 'latin1');
    assert.equal(findCallId(buf, 0, buf.length), false);
    assert.equal(foundCallId.start, -1);
  }
});

test('the first of two counts', () => {
  const buf = Buffer.from('BYE sip:a@b SIP/2.0\r\ni: one\r\nCall-ID: two\r\n\r\n', 'latin1');
  assert.equal(findCallId(buf, 0, buf.length), true);
  assert.equal(buf.toString('latin1', foundCallId.start, foundCallId.end), 'one');
});
