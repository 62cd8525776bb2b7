// Calls that are answered: who hangs up, early media, late offer, long Call-IDs, and what leaks.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sippSuite, startTestSwitch } from './switch.ts';
import type { TestSwitch } from './switch.ts';

describe('answered calls through SIPp', sippSuite(), () => {
  let edge: TestSwitch;
  before(async () => (edge = await startTestSwitch()));
  after(() => edge.finish());

  it('hides each side from the other and records the talk', async () => {
    const callee = '4410001';
    const vendors = { first: 'vendor-answers' };
    await edge.call({ caller: 'caller-hangs-up', callee, vendors });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endCode, 200);
    assert.equal(cdr.endSide, 'caller');
    assert.equal(cdr.routingGateway, 'first');
    assert.equal(cdr.attempts, 1);
    assert.equal(cdr.codec, 'PCMA');
    assert.ok(cdr.ringingAt > 0 && cdr.ringingAt <= cdr.answeredAt);
    // The caller talks for 300 ms by SIPp's clock.
    assert.ok(cdr.durationMs >= 290 && cdr.durationMs < 1500, `duration ${cdr.durationMs} ms`);
    assert.match(cdr.callIdIn, /^callerid-/);
    assert.doesNotMatch(cdr.callIdOut, /callerid/);
    const [attempt] = await edge.attempts(cdr.id, 1);
    assert.deepEqual(attempt, { attempt: 1, routingGateway: 'first', code: 200 });
  });

  it('passes the BYE of the callee', async () => {
    const callee = '4410002';
    const vendors = { first: 'vendor-hangs-up' };
    await edge.call({ caller: 'caller-waits-for-bye', callee, vendors });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endSide, 'callee');
    assert.equal(cdr.endCode, 200);
  });

  it('passes early media', async () => {
    const callee = '4410003';
    const vendors = { first: 'vendor-early-media' };
    await edge.call({ caller: 'caller-early-media', callee, vendors });
    const cdr = await edge.cdr(callee);
    // The vendor answers 100 ms after its 183.
    assert.ok(cdr.answeredAt - cdr.ringingAt >= 90, 'the 183 counts as the first 18x');
  });

  it('passes an offer in the 200 and its answer in the ACK', async () => {
    const callee = '4410004';
    const vendors = { first: 'vendor-late-offer' };
    await edge.call({ caller: 'caller-late-offer', callee, vendors });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endCode, 200);
  });

  it('keeps a Call-ID of 250 characters', async () => {
    const callee = '4410005';
    const callIdPrefix = 'x'.repeat(225);
    const vendors = { first: 'vendor-answers' };
    await edge.call({ caller: 'caller-hangs-up', callee, vendors, callIdPrefix });
    const cdr = await edge.cdr(callee);
    assert.ok(cdr.callIdIn.startsWith(`${callIdPrefix}callerid-`));
  });

  it('answers OPTIONS with what it allows', async () => {
    await edge.call({ caller: 'caller-asks-options', callee: '4410006' });
  });
});
