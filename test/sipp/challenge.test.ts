// A vendor that asks for credentials: 401 and 407 are answered with the gateway's, once (RFC 3261
// 22).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sippSuite, startTestSwitch } from './switch.ts';
import type { TestSwitch } from './switch.ts';

describe('vendor challenges through SIPp', sippSuite(), () => {
  let edge: TestSwitch;
  before(async () => (edge = await startTestSwitch()));
  after(() => edge.finish());

  for (const code of [401, 407]) {
    it(`answers ${code}`, async () => {
      const callee = `4450${code}`;
      const vendors = { digest: `vendor-challenges-${code}` };
      await edge.call({ caller: 'caller-hangs-up', callee, vendors });
      const cdr = await edge.cdr(callee);
      assert.equal(cdr.endCode, 200);
      assert.equal(cdr.attempts, 1, 'the challenge is part of the same attempt');
    });
  }
});
