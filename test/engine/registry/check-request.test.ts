// The OPTIONS to a terminal: what it says, that it is the same when sent again, and that only
// answers to it lead to a record.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckRequests } from '../../../engine/registry/check-request.ts';
import { Kind } from '../../../engine/registry/location-layout.ts';
import type { Registration } from '../../../engine/registry/registration.ts';
import { SipMessage } from '../../../engine/sip/message/message.ts';
import { Method } from '../../../engine/sip/message/methods.ts';
import { ParseResult } from '../../../engine/sip/message/parse-result.ts';
import { seededRandom } from '../../../engine/base/random.ts';

const REGISTRATION: Registration = {
  aor: '100',
  kind: Kind.Phone,
  contact: 'sip:100@10.0.0.1:5070;x=y',
  source: [2, 1, 0, 0, 0, 0],
  local: 0,
  behindNat: true,
  registeredAtMs: 0,
  refreshedAtMs: 0,
  expiresAtMs: 0,
  q: 1000,
  callId: 'c',
  cseq: 1,
  userAgent: '',
  path: '',
};
const SECOND = 1_800_000_000;
const VIA = 'SIP/2.0/UDP 192.0.2.1:5060';

function parsed(text: string): SipMessage {
  const message = new SipMessage();
  const buf = Buffer.from(text, 'latin1');
  assert.equal(message.parse(buf, 0, buf.length), ParseResult.Ok);
  return message;
}

test('a complete OPTIONS to the contact, over the path', () => {
  const requests = new CheckRequests(3, seededRandom(1));
  const path = '<sip:edge.example.com;lr>';
  const text = requests.text(77, { ...REGISTRATION, path }, SECOND, VIA, '192.0.2.1');
  const message = parsed(text);
  assert.equal(message.method, Method.Options);
  assert.ok(text.startsWith('OPTIONS sip:100@10.0.0.1:5070;x=y SIP/2.0\r\n'));
  assert.ok(text.includes(`\r\nRoute: ${path}\r\n`));
  assert.match(
    text,
    /\r\nVia: SIP\/2.0\/UDP 192.0.2.1:5060;rport;branch=z9hG4bKask[0-9a-f]{24}\r\n/,
  );
  assert.match(text, /\r\nCall-ID: tdm03-ask/);
  assert.match(text, /\r\nTo: <sip:100@10.0.0.1:5070;x=y>\r\n/);
  assert.match(text, /\r\nMax-Forwards: 70\r\n/);
});

test('sent again it is the same, in another check it is another one', () => {
  const requests = new CheckRequests(0, seededRandom(1));
  const text = (second: number): string => requests.text(5, REGISTRATION, second, VIA, '192.0.2.1');
  assert.equal(text(SECOND), text(SECOND));
  assert.notEqual(text(SECOND), text(SECOND + 60));
});

test('the branch of an answer leads to the record, a made-up one to none', () => {
  const requests = new CheckRequests(0, seededRandom(1));
  const other = new CheckRequests(0, seededRandom(2));
  const { buf, topVia } = parsed(requests.text(123_456, REGISTRATION, SECOND, VIA, '192.0.2.1'));
  const { branchStart, branchEnd } = topVia;
  assert.equal(requests.recordOf(buf, branchStart, branchEnd), 123_456);
  assert.equal(other.recordOf(buf, branchStart, branchEnd), -1);
  for (const branch of ['', 'z9hG4bKask', `z9hG4bKask${'0'.repeat(24)}`, 'z9hG4bKtdm00abc']) {
    const bytes = Buffer.from(branch);
    assert.equal(requests.recordOf(bytes, 0, bytes.length), -1, branch);
  }
});
