// Ladders of scripted calls, to the letter: failover, early media, a CANCEL that crosses the
// answer, a re-INVITE; and what stands under the arrows.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { repositoryPath } from '../../../engine/base/paths.ts';
import { ladder, type LadderDetail } from '../../../engine/trace/ladder.ts';
import { sdpText } from '../../sim/text-message.ts';
import { NUMBER, type FlowOptions } from '../call/flow.ts';
import { trace, TraceFlow } from './trace-flow.ts';

function traced(options: FlowOptions = {}): TraceFlow {
  return new TraceFlow([trace('number', NUMBER)], { customer: { name: 'acme-1' }, ...options });
}

/** Compares with `fixtures/<name>.txt`. */
function assertLadder({ records }: TraceFlow, name: string, detail: LadderDetail = 'none'): void {
  const path = repositoryPath('test', 'engine', 'trace', 'fixtures', `${name}.txt`);
  assert.equal(ladder(records, detail), readFileSync(path, 'utf8'));
}

test('failover', () => {
  const call = traced({ vendors: [{}, {}] });
  const { flow } = call;
  flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 503);
  const second = flow.vendors[1]!;
  const offered = second.take('INVITE');
  second.answer(offered, 180);
  second.answer(offered, 486);
  assertLadder(call, 'failover');
});

test('early media, then the answer', () => {
  const call = traced();
  const { flow } = call;
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 183, { body: sdpText(2) });
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  assertLadder(call, 'early-media');
});

test('a CANCEL that crosses the answer', () => {
  const call = traced();
  const { flow } = call;
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 180);
  flow.caller.cancel(invite);
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  assertLadder(call, 'cancel-race');
});

test('a re-INVITE that holds, and messages sent again', () => {
  const call = traced();
  const { flow } = call;
  const { caller } = flow.talk();
  call.records.length = 0;
  caller.request('INVITE', '', `${sdpText(3)}a=sendonly\r\n`);
  flow.run(600);
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: `${sdpText(4)}a=recvonly\r\n` });
  caller.ack();
  assertLadder(call, 're-invite');
});

test('request line, From, To and Contact of each message (SIP-23)', () => {
  const call = traced();
  call.flow.caller.invite({ callId: 'shown@host' });
  call.records.length = 1;
  assertLadder(call, 'headers', 'headers');
});

test('whole messages', () => {
  const call = traced();
  call.flow.caller.invite();
  const text = ladder(call.records, 'messages');
  assert.match(text, /\n {4}Call-ID: call-\d+@host\n/);
  assert.match(text, /\n {4}m=audio 4000 RTP\/AVP 8 101\n/);
});

test('what is no SIP, and who is of no call', () => {
  const call = new TraceFlow([trace('ip', '198.51.100.1')]);
  call.flow.caller.send('\r\n\r\n');
  call.flow.caller.send('HELLO');
  assertLadder(call, 'no-sip');
});

test('nothing makes no ladder', () => {
  assert.equal(ladder([], 'none'), '');
});
