// The caller's side of a call: what its dialogs take from the INVITE, and where requests to it go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, Leg } from './flow.ts';

test('requests to the caller follow its Record-Route, and go to its Contact', () => {
  const flow = new Flow();
  const { callee } = flow.talk(
    'Record-Route: <sip:192.0.2.50;lr>\r\nRecord-Route: <sip:192.0.2.51;lr>\r\n',
  );
  callee.request('BYE');
  const bye = flow.caller.take('BYE');
  assert.deepEqual(bye.all('route'), ['<sip:192.0.2.50;lr>', '<sip:192.0.2.51;lr>']);
  assert.equal(bye.uri, 'sip:c@198.51.100.1:5060');
});

test('a strict router becomes the Request-URI, the Contact the last Route', () => {
  const flow = new Flow();
  const { callee } = flow.talk('Record-Route: <sip:192.0.2.50>\r\n');
  callee.request('BYE');
  const bye = flow.caller.take('BYE');
  assert.equal(bye.uri, 'sip:192.0.2.50');
  assert.deepEqual(bye.all('route'), ['<sip:c@198.51.100.1:5060>']);
});

test('a re-INVITE with another Contact moves the target', () => {
  const flow = new Flow();
  const { caller, callee } = flow.talk();
  caller.request('INVITE', '', sdpText(3));
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: sdpText(4) });
  caller.ack();
  callee.request('BYE');
  assert.equal(flow.caller.take('BYE').uri, 'sip:x@198.51.100.1:5060');
});

test('tags: ours in To of every response but 100, the same in From of our requests', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  assert.equal(flow.caller.take('100 INVITE').toTag, '');
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 180);
  const { toTag } = flow.caller.take('180 INVITE');
  assert.match(toTag, /^tdm00[0-9a-f]{14}$/);
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const answer = flow.caller.take('200 INVITE');
  assert.equal(answer.toTag, toTag);
  Leg.ofCaller(flow.caller, invite, answer).ack();
  Leg.ofCallee(flow.vendor, offered, 'v').request('BYE');
  const bye = flow.caller.take('BYE');
  assert.equal(bye.fromTag, toTag);
  assert.equal(bye.toTag, invite.fromTag);
});
