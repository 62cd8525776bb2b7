// Digest on the wire, SIP-01 to SIP-04: challenges and their parameters, retries and their time,
// replays, suspensions of terminals and sources, and that unknown users look like wrong passwords.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flow } from '../call/flow.ts';
import { EDGE } from '../../sim/edge.ts';
import type { TextMessage } from '../../sim/text-message.ts';
import { authorization, PHONE_NUMBER, PhonePeer } from './phone-peer.ts';

function flow(parameters = {}, shards = 1): Flow {
  return new Flow({ phones: [{}, { e164: '8801700000000' }], parameters, shards });
}

const WRONG = { password: 'wrong' };

/** Wrong answers to challenges until something else comes; the statuses. */
function insist(phone: PhonePeer, options = {}): number[] {
  const statuses: number[] = [];
  let answer = phone.ask(options);
  while (answer.status === 401 && statuses.length < 20) {
    statuses.push(answer.status);
    answer = phone.ask(options, authorization(answer, 'REGISTER', { ...WRONG, ...options }));
  }
  return [...statuses, answer.status];
}

test('each algorithm is accepted; the strongest is offered first', () => {
  for (const algorithm of ['MD5', 'SHA-256', 'SHA-512-256'] as const) {
    const phone = new PhonePeer(flow());
    const offered = phone
      .ask()
      .all('www-authenticate')
      .map((line) => /algorithm=([^,]+)/.exec(line)?.[1]);
    assert.deepEqual(offered, ['SHA-512-256', 'SHA-256', 'MD5']);
    assert.equal(phone.register({ algorithm }).status, 200, algorithm);
  }
});

test('SIP-02: SS_SIP_AUTHENTICATION_CODE and _REALM; an empty realm is the local address', () => {
  const plain = new PhonePeer(flow()).ask();
  assert.equal(plain.status, 401);
  assert.match(plain.header('www-authenticate'), new RegExp(`realm="${EDGE.ip}"`));
  const f = flow({ SS_SIP_AUTHENTICATION_CODE: '407', SS_SIP_AUTHENTICATION_REALM: 'tandem' });
  const phone = new PhonePeer(f);
  const other = phone.ask();
  assert.equal(other.status, 407);
  assert.match(other.header('proxy-authenticate'), /realm="tandem"/);
  assert.equal(phone.register().status, 200);
});

test('SIP-01: challenged again SS_SIP_AUTHENTICATION_RETRY times, then 403', () => {
  assert.deepEqual(insist(new PhonePeer(flow())), [401, 401, 401, 401, 403]);
  const none = flow({ SS_SIP_AUTHENTICATION_RETRY: 0 });
  assert.deepEqual(insist(new PhonePeer(none)), [401, 403]);
});

test('SIP-01: the peer has SS_SIP_AUTHENTICATION_TIMEOUT to succeed', () => {
  for (const [timeout, waitMs, stale] of [
    [10, 9000, false],
    [10, 12_000, true],
    [20, 12_000, false],
  ] as const) {
    const f = flow({ SS_SIP_AUTHENTICATION_TIMEOUT: timeout });
    const phone = new PhonePeer(f);
    const challenge = phone.ask();
    f.time.run(waitMs);
    const late = phone.ask({}, authorization(challenge, 'REGISTER'));
    assert.equal(late.status, stale ? 401 : 200);
    if (stale) assert.match(late.header('www-authenticate'), /stale=true/);
  }
  const f = flow();
  const phone = new PhonePeer(f);
  const challenge = phone.ask();
  f.time.run(12_000);
  assert.equal(phone.ask({}, authorization(challenge, 'REGISTER', WRONG)).status, 403);
});

test('a nonce serves again with the next count; a count used before is a replay', () => {
  const f = flow();
  const phone = new PhonePeer(f);
  const challenge = phone.ask();
  const line = authorization(challenge, 'REGISTER', {}, 1);
  assert.equal(phone.ask({}, line).status, 200);
  const replayed = phone.ask({}, line);
  assert.equal(replayed.status, 401);
  assert.match(replayed.header('www-authenticate'), /stale=true/);
  assert.equal(f.edge.counter('authReplays'), 1);
  f.time.run(200_000);
  assert.equal(phone.ask({}, authorization(challenge, 'REGISTER', {}, 2)).status, 200);
  assert.equal(f.edge.counter('authFailures'), 0);
});

test('another shard’s nonce, or one from before a restart, is stale and no failure', () => {
  const f = flow();
  const phone = new PhonePeer(f);
  const challenge = phone.ask();
  f.edge.crash(0, 0);
  f.edge.restart(0);
  const answer = phone.ask({}, authorization(challenge, 'REGISTER'));
  assert.match(answer.header('www-authenticate'), /stale=true/);
  assert.equal(f.edge.counter('authFailures'), 0);
  assert.equal(phone.ask({}, authorization(answer, 'REGISTER')).status, 200);
});

/** Failed passwords, each after a challenge of its own. */
function fail(phone: PhonePeer, times: number, options = {}): TextMessage {
  let answer: TextMessage | undefined;
  for (let i = 0; i < times; i++) answer = phone.register({ ...WRONG, ...options });
  return answer!;
}

test('SIP-03: a terminal is suspended after SS_AUTHENTICATION_MAX_RETRY failures', () => {
  const f = flow();
  const phone = new PhonePeer(f);
  fail(phone, 5);
  assert.equal(phone.register().status, 200, 'five are forgiven');
  phone.register({ contact: '*', expires: '0' });
  assert.equal(fail(phone, 6).status, 403);
  assert.equal(phone.register().status, 403, 'suspended, whatever the password');
  const elsewhere = new PhonePeer(f, 41_000, '203.0.113.99');
  assert.equal(elsewhere.register().status, 403, 'from anywhere');
  assert.equal(elsewhere.register({ user: '8801700000000' }).status, 200, 'others are not');
  f.time.run(179_000);
  assert.equal(phone.register().status, 403);
  f.time.run(3000);
  assert.equal(phone.register().status, 200);
});

test('SS_AUTHENTICATION_MAX_RETRY and _FAILED_SUSPEND have other values at once', () => {
  const f = flow({ SS_AUTHENTICATION_MAX_RETRY: 0, SS_AUTHENTICATION_FAILED_SUSPEND: 60 });
  const phone = new PhonePeer(f);
  assert.equal(fail(phone, 1).status, 403);
  assert.equal(phone.register().status, 403);
  f.time.run(62_000);
  assert.equal(phone.register().status, 200);
});

test('SS_AUTHENTICATION_MAX_RETRY and _FAILED_SUSPEND are changed while the switch runs', () => {
  const options = { phones: [{}, { e164: '8801700000000' }] };
  const f = new Flow(options);
  const phone = new PhonePeer(f);
  fail(phone, 4);
  f.mount({
    ...options,
    parameters: { SS_AUTHENTICATION_MAX_RETRY: 3, SS_AUTHENTICATION_FAILED_SUSPEND: 60 },
  });
  assert.notEqual(phone.ask().status, 403, 'four failures of six do not suspend by themselves');
  assert.equal(fail(phone, 1).status, 403);
  assert.equal(phone.register().status, 403, 'the fifth is beyond the new limit');
  f.mount(options);
  f.time.run(58_000);
  assert.equal(
    phone.register().status,
    403,
    'what is suspended stays so for the time it was given',
  );
  f.time.run(4000);
  assert.equal(phone.register().status, 200, '60 s, not the 180 of now');
  phone.register({ contact: '*', expires: '0' });
  fail(phone, 5);
  assert.equal(phone.register().status, 200, 'six again');
});

test('a registered device is not shut out by what others guess', () => {
  const f = flow();
  const phone = new PhonePeer(f);
  phone.register();
  const attacker = new PhonePeer(f, 41_000, '198.51.100.66');
  fail(attacker, 7);
  assert.equal(attacker.register().status, 403);
  assert.equal(phone.register().status, 200);
});

test('a source that guesses at many users is suspended in all shards, others are not', () => {
  const f = flow({}, 2);
  const scanner = new PhonePeer(f, 41_000, '198.51.100.66');
  for (let i = 0; i < 24; i++) scanner.ask({ user: String(1000 + i) });
  assert.equal(f.edge.counter('suspensions'), 1);
  assert.equal(scanner.register().status, 403, 'even with the right password');
  assert.equal(scanner.register({ user: '8801700000000' }).status, 403);
  assert.ok(f.edge.counter('authSuspended') >= 2);
  assert.equal(new PhonePeer(f).register().status, 200);
});

test('an unknown user gets what a wrong password gets', () => {
  const form = (answer: TextMessage): string =>
    answer.text
      .replace(/nonce="[^"]*"|tag=\S+|branch=[^;]+|Call-ID:.*/g, '')
      .replaceAll(/\d+/g, 'n');
  const known = new PhonePeer(flow());
  const unknown = new PhonePeer(flow());
  assert.equal(form(unknown.ask({ user: '8801799999999' })), form(known.ask()));
  assert.deepEqual(insist(unknown, { user: '8801799999999' }), insist(known));
});

test('SIP-04: SS_REPLY_UNAUTHORIZED Off drops what comes from unknown sources', () => {
  const f = flow({ SS_REPLY_UNAUTHORIZED: false });
  const stranger = new PhonePeer(f);
  assert.throws(() => stranger.ask({ user: '999' }), /no answer/);
  assert.throws(() => fail(stranger, 7), /no answer/, 'no 403 either');
  const phone = new PhonePeer(f, 40_000, '203.0.113.78');
  assert.equal(phone.register({ user: '8801700000000' }).status, 200);
  const open = new PhonePeer(flow());
  assert.equal(open.ask({ user: '999' }).status, 401);
  assert.equal(fail(open, 7).status, 403);
});

test('a locked phone is refused after it has proved itself', () => {
  const f = new Flow({ phones: [{ lock: true }] });
  const phone = new PhonePeer(f);
  assert.equal(phone.register().status, 403);
  assert.equal(phone.register(WRONG).status, 401);
});

test('the credentials of one phone do not register another', () => {
  const f = flow();
  const phone = new PhonePeer(f);
  const challenge = phone.ask({ user: '8801700000000' });
  const line = authorization(challenge, 'REGISTER', { user: PHONE_NUMBER });
  assert.equal(phone.ask({ user: '8801700000000' }, line).status, 401);
  assert.equal(f.edge.counter('authFailures'), 1);
});
