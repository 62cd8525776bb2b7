// The numbers of an INVITE to a vendor: the rules of both gateways, request line and To (ADR-10 to
// ADR-16 with the messages of the requirements), and what the record keeps of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoutingGateway } from '../../../engine/routing/snapshot.ts';
import type { TextMessage } from '../../sim/text-message.ts';
import { Flow, type FlowOptions } from './flow.ts';

const CALLER = '8801999888';
const CALLEE = '8801234567';
const FROM = `"Shop" <sip:${CALLER}@198.51.100.1>`;
const ROUTED = { prefixes: [''] };
const ADD_00 = [{ source: '*', target: '00*' }];

interface Offered {
  readonly flow: Flow;
  readonly invite: TextMessage;
  readonly line: string;
  readonly to: string;
}

function offered(options: FlowOptions): Offered {
  const flow = new Flow({ ...ROUTED, ...options });
  flow.caller.invite({ number: CALLEE, from: FROM });
  return read(flow, flow.vendor.take('INVITE'));
}

function read(flow: Flow, invite: TextMessage): Offered {
  const to = /<sip:([^@]*)@/.exec(invite.header('to'))?.[1] ?? '';
  return { flow, invite, line: invite.number, to };
}

/** The parameter, and what says the same for one gateway whatever the parameter says. */
function settings(on: boolean, vendor: Partial<RoutingGateway>): FlowOptions[] {
  const name = 'SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT';
  return [
    { parameters: { [name]: on }, vendors: [vendor] },
    { parameters: { [name]: on }, vendors: [{ ...vendor, inviteUseContact: null }] },
    { parameters: { [name]: !on }, vendors: [{ ...vendor, inviteUseContact: on }] },
  ];
}

test('ADR-12: without a rule both hold the number, On and Off', () => {
  for (const on of [false, true]) {
    for (const options of settings(on, {})) {
      const { line, to } = offered(options);
      assert.deepEqual([line, to], [CALLEE, CALLEE]);
    }
  }
});

test('ADR-10, ADR-11, ADR-13, ADR-16: a rule that puts 00 in front, On and Off', () => {
  const rewritten = { rewriteCallee: ADD_00 };
  for (const options of settings(false, rewritten)) {
    const { line, to } = offered(options);
    assert.deepEqual([line, to], ['008801234567', '008801234567']);
  }
  for (const options of settings(true, rewritten)) {
    const { line, to } = offered(options);
    assert.deepEqual([line, to], ['008801234567', '8801234567']);
  }
  const plain = offered({ vendors: [rewritten] });
  assert.deepEqual([plain.line, plain.to], ['008801234567', '008801234567'], 'Off by default');
});

test('ADR-11: To keeps the number as it came, also past the rules of the mapping gateway', () => {
  const customer = { rewriteCallee: [{ source: '880', target: '0880' }] };
  for (const options of settings(true, { rewriteCallee: ADD_00 })) {
    const { line, to } = offered({ ...options, customer });
    assert.deepEqual([line, to], ['0008801234567', CALLEE]);
  }
});

test('ADR-14: the field read is that of the customer, On and Off', () => {
  const other = '442079460000';
  for (const [calleeField, line, to] of [
    ['to', other, CALLEE],
    ['request-line', CALLEE, other],
  ] as const) {
    for (const on of [false, true]) {
      for (const options of settings(on, { rewriteCallee: ADD_00 })) {
        const flow = new Flow({ ...ROUTED, ...options, customer: { calleeField } });
        flow.caller.invite({ number: line, to: `<sip:${to}@192.0.2.1>`, from: FROM });
        const sent = read(flow, flow.vendor.take('INVITE'));
        // The other number of the caller's message is nowhere: On means the one that was read.
        assert.deepEqual([sent.line, sent.to], [`00${CALLEE}`, on ? CALLEE : `00${CALLEE}`]);
        assert.ok(!sent.invite.text.includes(other), sent.invite.text);
        flow.vendor.answer(sent.invite, 486);
        assert.deepEqual([flow.cdr.calleeIn, flow.cdr.calleeOut], [CALLEE, `00${CALLEE}`]);
      }
    }
  }
});

test('ADR-13: the rest of the message is alike, but for what names the dialog', () => {
  const [off, on] = [false, true].map((inviteUseContact) => {
    const vendor = { rewriteCallee: ADD_00, inviteUseContact, display: 'passthrough' as const };
    return offered({ vendors: [vendor] }).invite;
  });
  for (const invite of [off!, on!]) {
    assert.match(invite.header('via'), /^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;/);
    assert.match(invite.header('from'), new RegExp(`^"Shop" <sip:${CALLER}@192\\.0\\.2\\.1>;tag=`));
    assert.equal(invite.contact, `sip:${CALLER}@192.0.2.1:5060`);
    assert.equal(invite.header('content-type'), 'application/sdp');
  }
  assert.equal(on!.text.replace(/^To: .*$/m, ''), off!.text.replace(/^To: .*$/m, ''));
});

test('ADR-15: the record holds the number as received and the number sent, On and Off', () => {
  for (const inviteUseContact of [false, true]) {
    const { flow, invite } = offered({ vendors: [{ rewriteCallee: ADD_00, inviteUseContact }] });
    flow.vendor.answer(invite, 486);
    assert.equal(flow.cdr.calleeIn, CALLEE);
    assert.equal(flow.cdr.calleeOut, '008801234567');
  }
});

test('a change of the parameter or of the gateway holds for the next call', () => {
  const vendor = { rewriteCallee: ADD_00 };
  const { flow } = offered({ vendors: [vendor] });
  flow.mount({
    ...ROUTED,
    vendors: [vendor],
    parameters: { SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT: true },
  });
  flow.caller.invite({ number: CALLEE });
  assert.equal(read(flow, flow.vendor.take('INVITE')).to, CALLEE);
  flow.mount({ ...ROUTED, vendors: [{ rewriteCallee: [{ source: '880', target: '99' }] }] });
  flow.caller.invite({ number: CALLEE });
  const last = read(flow, flow.vendor.take('INVITE'));
  assert.deepEqual([last.line, last.to], ['991234567', '991234567']);
});

test('NUM-11, NUM-12: the rules of the mapping gateway come before routing', () => {
  const flow = new Flow({
    customer: {
      rewriteCallee: [{ source: '00', target: '' }],
      rewriteCaller: [{ source: '0', target: '44' }],
    },
  });
  flow.caller.invite({ number: '00442071838750', from: '<sip:02071838751@198.51.100.1>' });
  const invite = flow.vendor.take('INVITE');
  assert.equal(invite.number, '442071838750', 'routed by 44');
  assert.match(invite.header('from'), /^<sip:442071838751@/);
  flow.vendor.answer(invite, 486);
  const { callerIn, calleeIn, callerOut, calleeOut } = flow.cdr;
  assert.deepEqual([callerIn, callerOut], ['02071838751', '442071838751']);
  assert.deepEqual([calleeIn, calleeOut], ['00442071838750', '442071838750']);
});

test('RTE-17: each vendor gets its own rules, afresh from the number that was routed', () => {
  const flow = new Flow({
    customer: { rewriteCallee: [{ source: '00', target: '' }] },
    vendors: [
      {
        rewriteCallee: [{ source: '44', target: '9944' }],
        rewriteCaller: [{ source: '1', target: '+1' }],
      },
      {
        rewriteCallee: [{ source: '4420', target: '020' }],
        rewriteCaller: [{ source: '1', target: '001' }],
      },
      {},
    ],
  });
  flow.caller.invite({ number: '00442071838750' });
  const seen = flow.vendors.map((vendor) => {
    const invite = vendor.take('INVITE');
    vendor.answer(invite, 503);
    return [invite.number, /<sip:([^@]*)@/.exec(invite.header('from'))![1]];
  });
  assert.deepEqual(seen, [
    ['99442071838750', '+12025550100'],
    ['02071838750', '0012025550100'],
    ['442071838750', '12025550100'],
  ]);
  assert.equal(flow.cdr.calleeOut, '442071838750', 'the record: what was sent last');
});

test('a number that the rules leave nothing of is none: 484', () => {
  const flow = new Flow({ customer: { rewriteCallee: [{ source: '*', target: '' }] } });
  flow.caller.takeFailure(flow.caller.invite(), 484);
  flow.vendor.expectNo('INVITE');
  flow.expectNothingLeft();
});
