// A vendor's 3xx: followed when the gateway's policy says so, a failure like any other when not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, NUMBER, Peer } from './flow.ts';

const ELSEWHERE = { family: 4, ip: '203.0.113.77', port: 5070 } as const;

function redirected(contact: string, followRedirect = true): { flow: Flow; elsewhere: Peer } {
  const flow = new Flow({ vendors: [{ followRedirect }, {}] });
  const elsewhere = new Peer(flow, ELSEWHERE);
  flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 302, { extra: `Contact: ${contact}\r\n` });
  return { flow, elsewhere };
}

test('followed to the first Contact: a further attempt, its own leg, the same gateway', () => {
  const { flow, elsewhere } = redirected('<sip:4420999@203.0.113.77:5070>');
  const offered = elsewhere.take('INVITE');
  assert.equal(offered.number, '4420999');
  elsewhere.answer(offered, 200, { body: sdpText(2) });
  flow.caller.take('200 INVITE');
  flow.run(32_300);
  assert.equal(flow.cdr.attempts, 2);
  assert.equal(flow.cdr.destinationIp, ELSEWHERE.ip);
  assert.equal(flow.cdr.calleeOut, '4420999');
  assert.deepEqual(
    flow.rows.map(({ code, routingGateway }) => [code, routingGateway]),
    [
      [302, 'vendor-1'],
      [200, 'vendor-1'],
    ],
  );
});

test('a Contact without a number keeps the number', () => {
  const { elsewhere } = redirected('<sip:203.0.113.77:5070>');
  assert.equal(elsewhere.take('INVITE').number, NUMBER);
});

test('what cannot be followed leads to the next vendor', () => {
  for (const contact of ['<sip:1@example.com>', '<tel:+4420999>', '<sips:1@203.0.113.77>', '*']) {
    const { flow } = redirected(contact);
    flow.vendors[1]!.take('INVITE');
  }
});

test('without the policy a 3xx is a failure: next vendor, and 480 when there is none', () => {
  const { flow, elsewhere } = redirected('<sip:4420999@203.0.113.77:5070>', false);
  assert.equal(elsewhere.inbox.length, 0);
  flow.vendors[1]!.answer(flow.vendors[1]!.take('INVITE'), 302);
  assert.equal(flow.caller.take('480 INVITE').header('contact'), '');
});

test('redirects in a circle end', () => {
  const flow = new Flow({ vendors: [{ followRedirect: true }] });
  flow.caller.invite();
  const extra = `Contact: <sip:${NUMBER}@203.0.113.1:5060>\r\n`;
  let count = 0;
  while (flow.vendor.inbox.some(({ method }) => method === 'INVITE')) {
    assert.ok(++count < 20, 'it ends');
    flow.vendor.answer(flow.vendor.take('INVITE'), 302, { extra });
  }
  assert.equal(count, 5);
  flow.caller.take('480 INVITE');
  flow.expectNothingLeft();
});
