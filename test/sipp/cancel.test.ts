// CANCEL: while it rings, and when the vendor's 200 crosses it (RFC 3261 section 9).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sippSuite, startTestSwitch } from './switch.ts';
import type { TestSwitch } from './switch.ts';

describe('canceled calls through SIPp', sippSuite(), () => {
  let edge: TestSwitch;
  before(async () => (edge = await startTestSwitch()));
  after(() => edge.finish());

  it('cancels the vendor and ends with 487', async () => {
    const callee = '4412001';
    const vendors = { first: 'vendor-is-canceled' };
    await edge.call({ caller: 'caller-cancels', callee, vendors });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endCode, 487);
    assert.equal(cdr.endSide, 'caller');
    assert.equal(cdr.answeredAt, 0);
  });

  it('hangs up a vendor whose 200 crossed the CANCEL, and charges nothing', async () => {
    const callee = '4412002';
    const vendors = { first: 'vendor-answers-the-cancel' };
    await edge.call({ caller: 'caller-cancels', callee, vendors });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endCode, 487);
    assert.equal(cdr.answeredAt, 0);
    assert.equal(cdr.durationMs, 0);
  });
});
