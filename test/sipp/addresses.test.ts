// Numbers and addresses in messages with SIPp as both sides: the message example ADR-13, a caller
// behind NAT that is answered at its socket, a vendor whose Contact is followed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sippSuite, startTestSwitch } from './switch.ts';
import type { TestSwitch } from './switch.ts';

describe('addresses and numbers through SIPp', sippSuite(), () => {
  let edge: TestSwitch;
  before(async () => (edge = await startTestSwitch()));
  after(() => edge.finish());

  it('ADR-13, ADR-15: On has the final number in front, the received one in To', async () => {
    const callee = '4460001';
    const vendors = { first: 'vendor-reads-numbers-apart' };
    await edge.call({ caller: 'caller-hangs-up', callee, vendors });
    const cdr = await edge.cdr(callee);
    assert.deepEqual([cdr.endCode, cdr.calleeOut], [200, `00${callee}`]);
  });

  it('ADR-13, ADR-15: Off has the final number in both', async () => {
    const callee = '4470001';
    const vendors = { first: 'vendor-reads-one-number' };
    await edge.call({ caller: 'caller-hangs-up', callee, vendors });
    const cdr = await edge.cdr(callee);
    assert.deepEqual([cdr.endCode, cdr.calleeOut], [200, `00${callee}`]);
  });

  it('ADR-01, ADR-04: a caller behind NAT gets answers and BYE at its socket', async () => {
    const callee = '4410001';
    await edge.call({ caller: 'caller-behind-nat', callee, vendors: { first: 'vendor-hangs-up' } });
    const cdr = await edge.cdr(callee);
    assert.deepEqual([cdr.endCode, cdr.endSide], [200, 'callee']);
  });

  it('ADR-06: ACK and BYE go to the Contact of the answer', async () => {
    const callee = '4480001';
    await edge.call({
      caller: 'caller-hangs-up',
      callee,
      vendors: { first: 'vendor-answers-for-another', second: 'vendor-takes-over' },
      more: ['-key', 'elsewhere', String(edge.ports.second)],
    });
    const cdr = await edge.cdr(callee);
    assert.deepEqual([cdr.endCode, cdr.routingGateway], [200, 'contact']);
  });
});
