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

for (const { numbers, withheld } of [
  { numbers: [NUMBER], withheld: true },
  { numbers: [`+${NUMBER}`], withheld: true },
  { numbers: ['12025550100'], withheld: true },
  { numbers: [NUMBER.slice(0, -1), `${NUMBER}0`, '2025550100'], withheld: false },
]) {
  test(`with ${numbers.join()} in SERVER_BILLING_NO_CDR_E164S ${withheld ? 'no' : 'a'} CDR`, () => {
    const flow = new Flow({ parameters: { SERVER_BILLING_NO_CDR_E164S: numbers } });
    flow.caller.invite();
    flow.vendor.answer(flow.vendor.take('INVITE'), 486);
    flow.run();
    // On record for a restart either way; delivered only when it is not withheld.
    assert.equal(flow.records.length, 1);
    assert.equal(flow.edge.counter('recordsWithheld'), withheld ? 1 : 0);
    assert.equal(flow.rows.length, withheld ? 0 : 1);
  });
}

test('the call of a withheld number is carried, and refused, as any other', () => {
  const parameters = { SERVER_BILLING_NO_CDR_E164S: [NUMBER] };
  const flow = new Flow({ parameters });
  flow.talk();
  assert.equal(flow.edge.counter('callsAnswered'), 1);
  const locked = new Flow({ parameters, customer: { locked: true } });
  locked.caller.invite();
  assert.equal(locked.cdr.endReason, 'Mapping gateway locked');
  assert.equal(locked.edge.counter('recordsWithheld'), 1);
});
