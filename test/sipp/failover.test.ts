// The next gateway is tried after 503, after silence, and after ICMP port unreachable.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sippSuite, startTestSwitch } from './switch.ts';
import type { TestSwitch } from './switch.ts';

describe('failover through SIPp', sippSuite(), () => {
  let edge: TestSwitch;
  before(async () => (edge = await startTestSwitch()));
  after(() => edge.finish());

  const answered = async (callee: string, before: { gateway: string; code: number }) => {
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endCode, 200);
    assert.equal(cdr.routingGateway, 'second');
    assert.equal(cdr.attempts, 2);
    assert.deepEqual(await edge.attempts(cdr.id, 2), [
      { attempt: 1, routingGateway: before.gateway, code: before.code },
      { attempt: 2, routingGateway: 'second', code: 200 },
    ]);
    return cdr;
  };

  it('after 503', async () => {
    const callee = '4420001';
    const vendors = { first: 'vendor-unavailable', second: 'vendor-answers' };
    await edge.call({ caller: 'caller-hangs-up', callee, vendors });
    await answered(callee, { gateway: 'first', code: 503 });
  });

  it('after ICMP port unreachable, at once', async () => {
    const callee = '4430001';
    const vendors = { second: 'vendor-answers' };
    await edge.call({ caller: 'caller-hangs-up', callee, vendors });
    const cdr = await answered(callee, { gateway: 'closed', code: 503 });
    assert.ok(cdr.answeredAt > 0);
  });

  it('after the gateway was silent for its timeoutInvite', async () => {
    const callee = '4440001';
    const vendors = { second: 'vendor-answers' };
    const began = performance.now();
    await edge.call({ caller: 'caller-hangs-up', callee, vendors });
    assert.ok(performance.now() - began >= 1000, 'the silent gateway had its second');
    await answered(callee, { gateway: 'silent', code: 408 });
  });

  it('gives the last code back when every gateway refuses', async () => {
    const callee = '4420002';
    const vendors = { first: 'vendor-unavailable', second: 'vendor-unavailable' };
    await edge.call({ caller: 'caller-refused-503', callee, vendors });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endCode, 503);
    assert.equal(cdr.attempts, 2);
  });

  it('never after the answer: a busy second gateway is not asked', async () => {
    const callee = '4420003';
    await edge.call({
      caller: 'caller-waits-for-bye',
      callee,
      vendors: { first: 'vendor-hangs-up' },
    });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.attempts, 1);
  });
});
