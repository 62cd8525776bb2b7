// The record of a call: what it holds from the INVITE on, and of a call that was refused at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flow, NUMBER } from './flow.ts';

test('names, numbers, addresses and identifiers of both sides', () => {
  const flow = new Flow({ customer: { name: 'acme-1', account: 'acme' } });
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 180);
  flow.run(2000);
  flow.vendor.answer(offered, 486);
  const { cdr } = flow;
  assert.deepEqual(
    {
      gateways: [cdr.mappingGateway, cdr.account, cdr.routingGateway, cdr.clearingAccount],
      numbers: [cdr.callerIn, cdr.callerOut, cdr.calleeIn, cdr.calleeOut],
      addresses: [cdr.sourceIp, cdr.destinationIp],
      callIds: [cdr.callIdIn, cdr.callIdOut],
      end: [cdr.endCode, cdr.endSide, cdr.endReason],
      money: [cdr.customerFee, cdr.vendorFee, cdr.billedMs],
    },
    {
      gateways: ['acme-1', 'acme', 'vendor-1', 'account'],
      numbers: ['12025550100', '12025550100', NUMBER, NUMBER],
      addresses: ['198.51.100.1', '203.0.113.1'],
      callIds: [invite.callId, offered.callId],
      end: [486, 'callee', 'Gateway answered 486'],
      money: ['0', '0', 0],
    },
  );
  assert.match(cdr.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(cdr.ringingAtMs - cdr.startedAtMs, 25);
  assert.equal(cdr.answeredAtMs, 0);
  assert.equal(cdr.durationMs, 0);
  assert.ok(cdr.endedAtMs > cdr.ringingAtMs);
  assert.deepEqual(
    flow.rows.map(({ id, prefix }) => [id, prefix]),
    [[cdr.id, '44']],
  );
});

test('a refused call counts as started, failed and ended', () => {
  const flow = new Flow({ customer: { locked: true } });
  flow.caller.invite();
  for (const name of ['callsStarted', 'callsFailed', 'callsEnded'] as const) {
    assert.equal(flow.edge.counter(name), 1, name);
  }
  assert.equal(flow.cdr.endReason, 'Mapping gateway locked');
  assert.equal(flow.cdr.callIdOut, '');
});
