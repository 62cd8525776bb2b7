// INFO, MESSAGE, NOTIFY, PRACK and UPDATE end to end, with what they mean for the call when they
// fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, Leg } from './flow.ts';

test('INFO, MESSAGE and NOTIFY pass in both directions with their bodies', () => {
  const flow = new Flow();
  const { caller, callee } = flow.talk();
  for (const method of ['INFO', 'MESSAGE', 'NOTIFY']) {
    caller.request(method, 'Event: x\r\n', 'Signal=5');
    const got = flow.vendor.take(method);
    assert.equal(got.body, 'Signal=5');
    flow.vendor.answer(got, 200, { body: 'done' });
    assert.equal(flow.caller.take(`200 ${method}`).body, 'done');
    callee.request(method, 'Event: x\r\n');
    flow.caller.answer(flow.caller.take(method), 415);
    flow.vendor.take(`415 ${method}`);
  }
  assert.equal(flow.records.length, 0);
});

test('reliable provisional responses end to end: RAck names the INVITE of its own leg', () => {
  const flow = new Flow({ vendors: [{ credentials: { username: 'u', password: 'p' } }] });
  const invite = flow.caller.invite({ extra: 'Supported: 100rel, x-other\r\n', cseq: 77 });
  const challenge = 'WWW-Authenticate: Digest realm="v", nonce="n"\r\n';
  flow.vendor.answer(flow.vendor.take('INVITE'), 401, { extra: challenge });
  const offered = flow.vendor.take('INVITE');
  assert.equal(offered.cseq, 2);
  assert.deepEqual(offered.all('supported'), ['timer, 100rel']);
  const reliable = 'Require: 100rel\r\nRSeq: 4711\r\n';
  flow.vendor.answer(offered, 183, { extra: reliable, body: sdpText(2) });
  const progress = flow.caller.take('183 INVITE');
  assert.equal(progress.header('rseq'), '4711');
  assert.equal(progress.header('require'), '100rel');
  const early = Leg.ofCaller(flow.caller, invite, progress);
  early.request('PRACK', 'RAck: 4711 77 INVITE\r\n');
  const prack = flow.vendor.take('PRACK');
  assert.equal(prack.header('rack'), '4711 2 INVITE');
  flow.vendor.answer(prack, 200);
  flow.caller.take('200 PRACK');
});

test('UPDATE in the early dialog of each side', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 183, { body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('183 INVITE'));
  caller.request('UPDATE', '', sdpText(3));
  const update = flow.vendor.take('UPDATE');
  assert.match(update.contact, /@192\.0\.2\.1:5060$/);
  flow.vendor.answer(update, 200, { body: sdpText(4) });
  assert.equal(flow.caller.take('200 UPDATE').body, sdpText(4));
  Leg.ofCallee(flow.vendor, offered, 'v').request('UPDATE', '', sdpText(5));
  flow.caller.answer(flow.caller.take('UPDATE'), 200);
  flow.vendor.take('200 UPDATE');
});

test('two offers by UPDATE at once: 491 for the other side, 500 for the same', () => {
  const flow = new Flow();
  const { caller, callee } = flow.talk();
  caller.request('UPDATE', '', sdpText(3));
  const passed = flow.vendor.take('UPDATE');
  callee.request('UPDATE', '', sdpText(4));
  flow.vendor.take('491 UPDATE');
  caller.request('UPDATE', '', sdpText(5));
  flow.caller.take('500 UPDATE');
  flow.vendor.answer(passed, 200, { body: sdpText(6) });
  flow.caller.take('200 UPDATE');
  callee.request('UPDATE', '', sdpText(7));
  flow.caller.take('UPDATE');
});

test('481 or silence of the peer ends the call', () => {
  const flow = new Flow();
  flow.talk().caller.request('INFO');
  flow.vendor.answer(flow.vendor.take('INFO'), 481);
  flow.caller.take('481 INFO');
  flow.caller.take('BYE');
  assert.equal(flow.cdr.endReason, 'Peer no longer knows the call');

  const silent = new Flow();
  silent.talk().caller.request('INFO');
  silent.run(33_000);
  silent.caller.take('408 INFO');
  silent.caller.take('BYE');
  silent.expectNothingLeft();
});

test('an unreachable peer: 503, and the call stays', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  flow.network.detach(flow.vendor.endpoint);
  caller.request('INFO');
  flow.run(50);
  flow.caller.take('503 INFO');
  assert.equal(flow.records.length, 0);
});

test('a PRACK to a vendor that was left does not harm the call that another one answers', () => {
  const flow = new Flow({ vendors: [{}, {}] });
  const invite = flow.caller.invite({ extra: 'Supported: 100rel\r\n' });
  const first = flow.vendor.take('INVITE');
  flow.vendor.answer(first, 183, { extra: 'Require: 100rel\r\nRSeq: 1\r\n' });
  const early = Leg.ofCaller(flow.caller, invite, flow.caller.take('183 INVITE'));
  early.request('PRACK', 'RAck: 1 1 INVITE\r\n');
  const prack = flow.vendor.take('PRACK');
  flow.vendor.answer(first, 503);
  const second = flow.vendors[1]!;
  second.answer(second.take('INVITE'), 200, { body: sdpText(2) });
  Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE')).ack();
  flow.vendor.answer(prack, 481);
  flow.caller.take('481 PRACK');
  flow.caller.expectNo('BYE');
  assert.equal(flow.records.length, 0);
});
