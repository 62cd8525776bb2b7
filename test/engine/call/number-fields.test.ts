// The numbers of a call as messages carry them, in and out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asUser } from '../../../engine/call/number-fields.ts';
import { Flow } from './flow.ts';

test('the callee is the number of the Request-URI, without escapes, parameters, separators', () => {
  const cases: [string, string][] = [
    ['sip:442071838750@192.0.2.1', '442071838750'],
    ['sip:+442071838750;phone-context=x@192.0.2.1;user=phone', '+442071838750'],
    ['sip:%34%34207@192.0.2.1', '44207'],
    ['tel:+44-20.7183(8750)', '+442071838750'],
    ['sip:442071%23@192.0.2.1', '442071#'],
  ];
  for (const [uri, number] of cases) {
    const flow = new Flow();
    flow.caller.invite({ uri });
    flow.vendor.answer(flow.vendor.take('INVITE'), 486);
    assert.equal(flow.cdr.calleeIn, number, uri);
    assert.equal(flow.cdr.callerIn, '12025550100');
  }
});

test('a number longer than any number is none: 484', () => {
  const flow = new Flow();
  flow.caller.takeFailure(flow.caller.invite({ uri: `sip:${'4'.repeat(65)}@192.0.2.1` }), 484);
});

test('what may not stand in a user part is escaped', () => {
  assert.equal(asUser('+4420-7'), '+4420-7');
  assert.equal(asUser('44#1'), '44%231');
  assert.equal(asUser('a@b:c%'), 'a%40b%3Ac%25');
  assert.equal(asUser('\r\n'), '%0D%0A');
});
