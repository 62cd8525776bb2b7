// A vendor's 401 or 407 answered with the credentials of its routing gateway; the digest is checked
// against the formula of RFC 7616 3.4.1.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sdpText, type TextMessage } from '../../../sim/text-message.ts';
import { Flow } from '../../call/flow.ts';

const CREDENTIALS = { username: 'tandem', password: 'secret' };
const CHALLENGE = 'Digest realm="carrier", nonce="abc", qop="auth,auth-int", opaque="xyz"';

function withCredentials(): Flow {
  return new Flow({ vendors: [{ credentials: CREDENTIALS }, {}] });
}

function field(value: string, name: string): string {
  return new RegExp(`\\b${name}="?([^",]*)`).exec(value)?.[1] ?? '';
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function checkDigest(request: TextMessage, header: string): void {
  const value = request.header(header);
  const ha1 = md5('tandem:carrier:secret');
  const ha2 = md5(`${request.method}:${request.uri}`);
  const expected = md5(`${ha1}:abc:00000001:${field(value, 'cnonce')}:auth:${ha2}`);
  assert.equal(field(value, 'response'), expected);
  assert.equal(field(value, 'uri'), request.uri);
  assert.equal(field(value, 'opaque'), 'xyz');
}

for (const [status, challenge, answer] of [
  [401, 'WWW-Authenticate', 'authorization'],
  [407, 'Proxy-Authenticate', 'proxy-authorization'],
] as const) {
  test(`${status}: the INVITE again on the same leg, with credentials; the BYE too`, () => {
    const flow = withCredentials();
    flow.caller.invite();
    const first = flow.vendor.take('INVITE');
    flow.vendor.answer(first, status, { extra: `${challenge}: ${CHALLENGE}\r\n` });
    flow.vendor.take('ACK');
    const second = flow.vendor.take('INVITE');
    assert.equal(second.callId, first.callId);
    assert.equal(second.fromTag, first.fromTag);
    assert.equal(second.cseq, first.cseq + 1);
    assert.notEqual(second.branch, first.branch);
    checkDigest(second, answer);
    flow.vendor.answer(second, 200, { body: sdpText(2) });
    flow.caller.take('200 INVITE');
    flow.run(32_300);
    const bye = flow.vendor.take('BYE');
    flow.vendor.answer(bye, status, { extra: `${challenge}: ${CHALLENGE}\r\n` });
    const again = flow.vendor.take('BYE');
    assert.equal(again.cseq, bye.cseq + 1);
    checkDigest(again, answer);
    flow.vendor.answer(again, 200);
    assert.equal(flow.cdr.attempts, 1);
    flow.caller.answer(flow.caller.take('BYE'), 200);
    flow.expectNothingLeft();
  });
}

test('refused credentials are a failure of the vendor, a stale nonce is not', () => {
  const flow = withCredentials();
  flow.caller.invite();
  const extra = `WWW-Authenticate: ${CHALLENGE}\r\n`;
  flow.vendor.answer(flow.vendor.take('INVITE'), 401, { extra });
  const stale = `WWW-Authenticate: ${CHALLENGE}, stale=TRUE\r\n`;
  flow.vendor.answer(flow.vendor.take('INVITE'), 401, { extra: stale });
  flow.vendor.answer(flow.vendor.take('INVITE'), 401, { extra });
  flow.vendor.expectNo('INVITE');
  flow.vendors[1]!.take('INVITE');
  assert.equal(flow.rows[0]?.code, 401);
});

test('without credentials, or with a challenge that nobody can answer: the next vendor', () => {
  const without = new Flow({ vendors: [{}, {}] });
  without.caller.invite();
  const extra = `WWW-Authenticate: ${CHALLENGE}\r\n`;
  without.vendor.answer(without.vendor.take('INVITE'), 401, { extra });
  without.vendors[1]!.take('INVITE');

  const unknown = withCredentials();
  unknown.caller.invite();
  const scheme = 'WWW-Authenticate: Bearer realm="x"\r\n';
  unknown.vendor.answer(unknown.vendor.take('INVITE'), 401, { extra: scheme });
  unknown.vendors[1]!.take('INVITE');
});

test('of several challenges the strongest is answered', () => {
  const flow = withCredentials();
  flow.caller.invite();
  const extra = ['MD5', 'SHA-256']
    .map((name) => `WWW-Authenticate: ${CHALLENGE}, algorithm=${name}\r\n`)
    .join('');
  flow.vendor.answer(flow.vendor.take('INVITE'), 401, { extra });
  const value = flow.vendor.take('INVITE').header('authorization');
  assert.equal(field(value, 'algorithm'), 'SHA-256');
  assert.equal(field(value, 'response').length, 64);
});
