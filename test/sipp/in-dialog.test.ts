// Requests inside a dialog: hold by re-INVITE from both sides, INFO, UPDATE, PRACK.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sippSuite, startTestSwitch } from './switch.ts';
import type { TestSwitch } from './switch.ts';

const CASES = [
  ['re-INVITE (hold) from the caller', 'caller-holds', 'vendor-is-held'],
  ['re-INVITE (hold) from the callee', 'caller-is-held', 'vendor-holds'],
  ['INFO with its body', 'caller-sends-info', 'vendor-takes-info'],
  ['UPDATE with an offer', 'caller-updates', 'vendor-is-updated'],
  ['a reliable 183 and its PRACK', 'caller-pracks', 'vendor-reliable'],
] as const;

describe('requests inside a dialog through SIPp', sippSuite(), () => {
  let edge: TestSwitch;
  before(async () => (edge = await startTestSwitch()));
  after(() => edge.finish());

  for (const [index, [title, caller, vendor]] of CASES.entries()) {
    it(`passes ${title}`, async () => {
      const callee = `441300${index}`;
      await edge.call({ caller, callee, vendors: { first: vendor } });
      const cdr = await edge.cdr(callee);
      assert.equal(cdr.endCode, 200);
      assert.equal(cdr.endSide, 'caller');
    });
  }
});
