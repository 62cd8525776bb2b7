// What of a provisional response says that the gateway sends media, seen by whether it binds the
// call (SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START) when SDP itself does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import { Flow } from './flow.ts';

interface Response {
  readonly body?: string;
  readonly extra?: string;
}

/** Whether the second vendor is kept out when the first has sent these and failed. */
function binds(...responses: readonly Response[]): boolean {
  const parameters = { SS_SIP_STOP_SWITCH_AFTER_SDP: false };
  const flow = new Flow({ parameters, vendors: [{}, {}] });
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  for (const response of responses) flow.vendor.answer(offered, 183, response);
  flow.vendor.answer(offered, 503);
  return flow.vendors[1]!.inbox.length === 0;
}

const SDP = sdpText(2);

test('SDP with a stream that its sender sends on', () => {
  assert.ok(binds({ body: SDP }));
  assert.ok(binds({ body: `${SDP}a=sendonly\r\n` }));
  assert.ok(!binds({ body: `${SDP}a=recvonly\r\n` }));
  assert.ok(!binds({ body: `${SDP}a=inactive\r\n` }));
  assert.ok(!binds({ body: SDP.replace('m=audio 4000', 'm=audio 0') }), 'a refused stream');
  assert.ok(!binds({ body: SDP.replace('m=audio', 'm=image') }));
  assert.ok(!binds({}));
});

test('P-Early-Media says it outright, also after the SDP', () => {
  const header = (direction: string): Response => ({
    extra: `P-Early-Media: ${direction}\r\n`,
  });
  assert.ok(binds({ body: SDP, ...header('sendrecv') }));
  assert.ok(!binds({ body: SDP, ...header('inactive') }));
  assert.ok(!binds({ body: SDP, ...header('recvonly') }));
  assert.ok(binds({ body: SDP, ...header('inactive') }, header('sendonly')));
  assert.ok(!binds(header('sendrecv')), 'without SDP there is nowhere to send');
});
