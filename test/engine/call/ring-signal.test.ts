// What a customer hears of ringing: as it comes, always 183 with SDP, always 180 with SDP.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MappingGateway } from '../../../engine/routing/snapshot.ts';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, Leg } from './flow.ts';

type Said = readonly [status: number, sdp: boolean, extra?: string];

/** The provisional responses that the customer gets, as `183 sdp`. */
function heard(remoteRingSignal: MappingGateway['remoteRingSignal'], ...said: Said[]): string[] {
  const flow = new Flow({ customer: { remoteRingSignal } });
  const extra = 'Supported: 100rel\r\n';
  const invite = flow.caller.invite({ extra });
  const offered = flow.vendor.take('INVITE');
  for (const [status, sdp, more = ''] of said) {
    flow.vendor.answer(offered, status, { body: sdp ? sdpText(2) : '', extra: more });
  }
  const responses = flow.caller.inbox.filter(({ status }) => status > 100);
  for (const { body, headers } of responses) {
    const types = headers.filter(({ name }) => name === 'content-type').length;
    assert.equal(types, body === '' ? 0 : 1);
    assert.ok(body === '' || body === sdpText(2));
  }
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  caller.ack();
  return responses.map(({ status, body }) => `${status}${body === '' ? '' : ' sdp'}`);
}

test('auto: as it comes', () => {
  const said: Said[] = [
    [183, true],
    [180, false],
    [182, false],
    [180, true],
  ];
  assert.deepEqual(heard('auto', ...said), ['183 sdp', '180', '182', '180 sdp']);
});

test('183-sdp and 180-sdp: one status wherever there is SDP, said before or now', () => {
  const said: Said[] = [
    [180, false],
    [183, true],
    [180, false],
    [182, false],
    [180, true],
  ];
  const as = (status: number): string[] => {
    const ring = `${status} sdp`;
    return ['180', ring, ring, '182', ring];
  };
  assert.deepEqual(heard('183-sdp', ...said), as(183));
  assert.deepEqual(heard('180-sdp', ...said), as(180));
});

test('SDP is not said again in a reliable response', () => {
  const reliable = 'Require: 100rel\r\nRSeq: 2\r\n';
  assert.deepEqual(heard('183-sdp', [183, true], [180, false, reliable]), ['183 sdp', '180']);
});

test('SDP of one fork is not given to another', () => {
  const flow = new Flow({ customer: { remoteRingSignal: '183-sdp' } });
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 183, { tag: 'f1', body: sdpText(2) });
  flow.vendor.answer(offered, 180, { tag: 'f2' });
  flow.caller.take('183 INVITE');
  assert.equal(flow.caller.take('180 INVITE').body, '');
});
