// Calls that are refused: busy, unknown source, no route.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sippSuite, startTestSwitch } from './switch.ts';
import type { TestSwitch } from './switch.ts';

describe('refused calls through SIPp', sippSuite(), () => {
  let edge: TestSwitch;
  before(async () => (edge = await startTestSwitch()));
  after(() => edge.finish());

  it('passes 486 of the vendor', async () => {
    const callee = '4411001';
    await edge.call({ caller: 'caller-refused-486', callee, vendors: { first: 'vendor-busy' } });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endCode, 486);
    assert.equal(cdr.endSide, 'callee');
    assert.equal(cdr.answeredAt, 0);
    assert.ok(cdr.ringingAt > 0);
    const attempts = await edge.attempts(cdr.id, 1);
    assert.equal(attempts[0]?.code, 486);
  });

  it('refuses a source that no mapping gateway has with 403', async () => {
    await edge.call({ caller: 'caller-refused-403', callee: '4411002', callerIp: '127.0.0.2' });
  });

  it('refuses a number without a route with 404 and records it', async () => {
    const callee = '9911003';
    await edge.call({ caller: 'caller-refused-404', callee });
    const cdr = await edge.cdr(callee);
    assert.equal(cdr.endCode, 404);
    assert.equal(cdr.endSide, 'server');
    assert.equal(cdr.attempts, 0);
  });
});
