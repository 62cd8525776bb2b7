// Calls over a lossy path: retransmission carries every one of them through, each recorded once.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sippSuite, startTestSwitch } from './switch.ts';
import type { TestSwitch } from './switch.ts';

const CALLS = 30;

describe('packet loss through SIPp', sippSuite(), () => {
  let edge: TestSwitch;
  // Two shards: retransmissions must find the shard of the first copy.
  before(async () => (edge = await startTestSwitch(2)));
  after(() => edge.finish());

  it(`carries ${CALLS} calls while each side loses 5 % of what it sends and receives`, async () => {
    const callee = '4414001';
    await edge.call({
      caller: 'caller-hangs-up-lossy',
      callee,
      vendors: { first: 'vendor-answers-lossy' },
      calls: CALLS,
      more: ['-lost', '5'],
    });
    const cdrs = await edge.cdrs(callee, CALLS);
    assert.equal(new Set(cdrs.map((cdr) => cdr.id)).size, CALLS);
    assert.ok(cdrs.every((cdr) => cdr.endCode === 200 && cdr.answeredAt > 0));
  });
});
