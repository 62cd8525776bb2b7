// What binds a call to the vendor it has: each parameter off and on, and the gateway's own flag
// over both (RTE-09 to RTE-12, SIP-14, SIP-22).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParameterValues } from '../../../engine/base/parameter-values.ts';
import { compileFailoverCodes } from '../../../engine/routing/failover-codes.ts';
import { PLAIN_ROUTING_GATEWAY } from '../../../engine/routing/plain-gateways.ts';
import type { RoutingGateway, SwitchAllow } from '../../../engine/routing/snapshot.ts';
import { sdpText } from '../../sim/text-message.ts';
import { Flow } from './flow.ts';

type Said = number | readonly [number, string];

/** Media as signalling shows it: SDP of a stream that is not sent on. */
const SILENT_SDP = `${sdpText(2)}a=inactive\r\n`;
const SDP: Said = [183, sdpText(2)];
const ON = { SS_GATEWAY_SWITCH_UNTIL_CONNECT: true };
const AFTER_SDP = { SS_SIP_STOP_SWITCH_AFTER_SDP: false };
const AFTER_RTP = { SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START: false };

/** Whether the second vendor was tried when the first had said these things. */
function goesOn(
  said: readonly Said[],
  parameters: Partial<ParameterValues> = {},
  allow: Partial<SwitchAllow> = {},
  vendor: Partial<RoutingGateway> = {},
): boolean {
  const switchAllow = { ...PLAIN_ROUTING_GATEWAY.switchAllow, ...allow };
  const flow = new Flow({ parameters, vendors: [{ switchAllow, ...vendor }, {}] });
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  for (const item of said) {
    const [status, body] = typeof item === 'number' ? [item, ''] : item;
    flow.vendor.answer(offered, status, { body });
  }
  return flow.vendors[1]!.inbox.some(({ method }) => method === 'INVITE');
}

test('SIP-22: a failure goes on while nothing binds', () => {
  assert.ok(goesOn([404]));
  assert.ok(goesOn([100, 181, 182, 183, 503]), 'progress without SDP binds nothing');
});

test('RTE-11, RTE-12: ringing', () => {
  assert.ok(!goesOn([180, 503]));
  assert.ok(goesOn([180, 503], ON));
  assert.ok(goesOn([180, 503], {}, { ring: true }));
  assert.ok(!goesOn([180, 503], ON, { ring: false }));
  assert.ok(goesOn([180, 503], {}, { ring: true, sdp: false, rtp: false }), 'no SDP has come');
});

test('RTE-11, RTE-12: busy', () => {
  for (const busy of [486, 600]) {
    assert.ok(!goesOn([busy]));
    assert.ok(goesOn([busy], ON));
    assert.ok(goesOn([busy], {}, { busy: true }));
    assert.ok(!goesOn([busy], ON, { busy: false }));
  }
  const listed = { failoverCodes: compileFailoverCodes(['486']) };
  assert.ok(goesOn([486], {}, {}, listed), 'its list names it');
  assert.ok(!goesOn([486], {}, { busy: false }, listed));
  assert.ok(!goesOn([603], ON, { busy: true }), 'declined is not busy');
});

test('SIP-14, RTE-12: SDP', () => {
  const silent: Said = [183, SILENT_SDP];
  assert.ok(!goesOn([silent, 503]));
  assert.ok(goesOn([silent, 503], AFTER_SDP));
  assert.ok(goesOn([silent, 503], {}, { sdp: true }));
  assert.ok(!goesOn([silent, 503], AFTER_SDP, { sdp: false }));
  assert.ok(!goesOn([silent, 503], ON), 'whatever is said of ringing');
});

test('RTE-10, RTE-12: media, as far as signalling tells', () => {
  assert.ok(!goesOn([SDP, 503], AFTER_SDP));
  assert.ok(goesOn([SDP, 503], { ...AFTER_SDP, ...AFTER_RTP }));
  assert.ok(goesOn([SDP, 503], AFTER_SDP, { rtp: true }));
  assert.ok(!goesOn([SDP, 503], { ...AFTER_SDP, ...AFTER_RTP }, { rtp: false }));
  assert.ok(!goesOn([SDP, 503], AFTER_RTP), 'SDP alone binds');
});

test('RTE-12: the codes of the list', () => {
  assert.ok(goesOn([503]));
  assert.ok(!goesOn([503], {}, { errorCode: false }));
  const listed = { failoverCodes: compileFailoverCodes(['404']) };
  assert.ok(goesOn([404], {}, {}, listed));
  assert.ok(!goesOn([503], {}, {}, listed));
  assert.ok(goesOn([486], {}, { errorCode: false, busy: true }), 'busy has a flag of its own');
});

test('RTE-09: SS_GATEWAY_SWITCH_LIMIT', () => {
  const tried = (limit: number | null): number => {
    const parameters = { SS_GATEWAY_SWITCH_LIMIT: limit };
    const flow = new Flow({ parameters, vendors: [{}, {}, {}, {}] });
    flow.caller.invite();
    for (const vendor of flow.vendors) {
      for (const offered of vendor.inbox.slice(0, 1)) vendor.answer(offered, 503);
    }
    return flow.cdr.attempts;
  };
  assert.deepEqual([tried(null), tried(0), tried(1), tried(2)], [4, 1, 2, 3]);
});

test('SIP-14: SS_SIP_USER_AGENT_STOP_SWITCH_AFTER_INVITE_TIMEOUT', () => {
  const silent = (stop: boolean, registerType: RoutingGateway['registerType']): boolean => {
    const parameters = { SS_SIP_USER_AGENT_STOP_SWITCH_AFTER_INVITE_TIMEOUT: stop };
    const flow = new Flow({ parameters, vendors: [{ registerType }, {}] });
    flow.caller.invite();
    flow.run(10_100);
    return flow.vendors[1]!.inbox.some(({ method }) => method === 'INVITE');
  };
  assert.ok(silent(false, 'register-out'));
  assert.ok(!silent(true, 'register-out'));
  assert.ok(silent(true, 'static'), 'no matter for others');
  const stop = { SS_SIP_USER_AGENT_STOP_SWITCH_AFTER_INVITE_TIMEOUT: true };
  const registered = { registerType: 'register-out' } as const;
  assert.ok(goesOn([100, 503], stop, {}, registered), 'a failure is no timeout');
});

test('a change holds for the attempt that runs', () => {
  const vendors = [{}, {}];
  const flow = new Flow({ vendors });
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 180);
  flow.mount({ vendors, parameters: ON });
  flow.vendor.answer(offered, 503);
  flow.vendors[1]!.take('INVITE');
});
