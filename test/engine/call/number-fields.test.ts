// The numbers of a call as messages carry them, in and out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CALLER_FIELDS,
  type CalleeField,
  type CallerField,
} from '../../../engine/base/gateway-words.ts';
import { asUser } from '../../../engine/call/number-fields.ts';
import type { MappingGateway } from '../../../engine/routing/snapshot.ts';
import { Flow, type InviteOptions } from './flow.ts';

test('a number is read without escapes, parameters, separators', () => {
  const cases: [string, string][] = [
    ['sip:442071838750@192.0.2.1', '442071838750'],
    ['sip:+442071838750;phone-context=x@192.0.2.1;user=phone', '+442071838750'],
    ['sip:%34%34207@192.0.2.1', '44207'],
    ['tel:+44-20.7183(8750)', '+442071838750'],
    ['sip:442071%23@192.0.2.1', '442071#'],
  ];
  for (const [uri, number] of cases) {
    const flow = new Flow();
    flow.caller.invite({ to: `<${uri}>` });
    flow.vendor.answer(flow.vendor.take('INVITE'), 486);
    assert.equal(flow.cdr.calleeIn, number, uri);
    assert.equal(flow.cdr.callerIn, '12025550100');
  }
});

test('a number longer than any number is none: 484', () => {
  const flow = new Flow();
  flow.caller.takeFailure(flow.caller.invite({ number: '4'.repeat(65) }), 484);
});

test('what may not stand in a user part is escaped', () => {
  assert.equal(asUser('+4420-7'), '+4420-7');
  assert.equal(asUser('44#1'), '44%231');
  assert.equal(asUser('a@b:c%'), 'a%40b%3Ac%25');
  assert.equal(asUser('\r\n'), '%0D%0A');
});

const FORWARDED = 'Diversion: "Desk" <sip:441111@192.0.2.1>;reason=no-answer, <sip:442222@h>\r\n';
const CALLEES = { uri: 'sip:443333@192.0.2.1', to: '<sip:444444@192.0.2.1>', extra: FORWARDED };

/** The numbers of the record and of the INVITE that the vendor got. */
function numbers(customer: Partial<MappingGateway>, invite: InviteOptions): string[] {
  const flow = new Flow({ customer });
  flow.caller.invite(invite);
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 486);
  const { callerIn, calleeIn, callerOut } = flow.cdr;
  const from = /<sip:([^@]*)@/.exec(offered.header('from'))?.[1];
  assert.equal(callerOut, from === undefined ? '' : decodeURIComponent(from));
  return [callerIn, calleeIn, offered.number];
}

test('ADR-07: the callee from To, the Request-Line or Diversion', () => {
  const callee = (calleeField: CalleeField, invite: InviteOptions = CALLEES): string[] =>
    numbers({ calleeField }, invite).slice(1);
  assert.deepEqual(numbers({}, CALLEES).slice(1), ['444444', '444444'], 'To when nothing is set');
  assert.deepEqual(callee('to'), ['444444', '444444']);
  assert.deepEqual(callee('request-line'), ['443333', '443333']);
  assert.deepEqual(callee('diversion'), ['441111', '441111'], 'the last that diverted');
  assert.deepEqual(callee('diversion', { number: '44555' }), ['44555', '44555'], 'not forwarded');
});

test('ADR-14: no other field steps in for the one that is set', () => {
  const bare = '<sip:192.0.2.1>';
  const flow = new Flow();
  flow.caller.takeFailure(flow.caller.invite({ to: bare, uri: CALLEES.uri }), 484);
  const other = new Flow({ customer: { calleeField: 'request-line' } });
  other.caller.takeFailure(other.caller.invite({ to: CALLEES.to, uri: 'sip:192.0.2.1' }), 484);
});

const CALLER: InviteOptions = {
  from: '"+1 (202) 555-0102" <sip:12025550101@198.51.100.1>',
  extra:
    'Remote-Party-ID: <sip:12025550103@192.0.2.1>;party=calling;screen=yes\r\n' +
    'P-Asserted-Identity: <sip:192.0.2.1>\r\nP-Asserted-Identity: <tel:+1-202-555-0104>\r\n' +
    'P-Preferred-Identity: "P" <sip:12025550105@192.0.2.1;user=phone>\r\n',
};

test('ADR-08: the caller from From or from the field that is set', () => {
  const caller = (callerField: CallerField, invite: InviteOptions = CALLER): string =>
    numbers({ callerField }, invite)[0]!;
  assert.equal(numbers({}, CALLER)[0], '12025550101', 'From when nothing is set');
  assert.equal(caller('from'), '12025550101');
  assert.equal(caller('display'), '+12025550102');
  assert.equal(caller('remote-party-id'), '12025550103');
  assert.equal(caller('p-asserted-identity'), '+12025550104', 'the first that has a number');
  assert.equal(caller('p-preferred-identity'), '12025550105');
});

test('without the field, or without a number in it, From counts', () => {
  const named = { from: 'Alice <sip:12025550101@198.51.100.1>' };
  for (const field of CALLER_FIELDS) {
    assert.equal(numbers({ callerField: field }, named)[0], '12025550101', field);
  }
});
