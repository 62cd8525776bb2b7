// Reachability checks through a whole core: a registered phone is asked at its NAT address, silence
// takes it off the calls, and a late answer or a REGISTER brings it back (REG-04).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import type { TransportName } from '../../../engine/base/gateway-words.ts';
import type { ParameterValues } from '../../../engine/base/parameter-values.ts';
import { parameterValues } from '../../../engine/parameters/parse-value.ts';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { LostConnections } from '../../../engine/registry/lost-connections.ts';
import { EDGE } from '../../sim/edge.ts';
import type { TextMessage } from '../../sim/text-message.ts';
import { Flow } from '../call/flow.ts';
import { PHONE_NUMBER, PhonePeer } from './phone-peer.ts';

const PACEMAKER: Endpoint = { family: 4, ip: '192.0.2.200', port: 9 };

/** Lets time pass for a core without timers: packets wake it. */
function pass(flow: Flow, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    flow.network.send(PACEMAKER, EDGE, '\r\n\r\n');
    flow.run(100);
  }
}

function registeredPhone(
  parameters: Partial<ParameterValues> = {},
  transport: TransportName = 'udp',
): { flow: Flow; phone: PhonePeer } {
  const flow = new Flow({ phones: [{}], parameters });
  const phone = new PhonePeer(flow, 40_000, '203.0.113.77', transport);
  assert.equal(phone.register().status, 200);
  return { flow, phone };
}

function optionsAt(phone: PhonePeer): TextMessage[] {
  return phone.inbox.filter(({ text }) => text.startsWith('OPTIONS '));
}

/** Status of a call to the phone that it lets ring, or 0 when it was offered. */
function callTo(flow: Flow, phone: PhonePeer): number {
  phone.inbox = [];
  flow.caller.inbox = [];
  flow.caller.invite({ number: PHONE_NUMBER });
  if (phone.inbox.some(({ text }) => text.startsWith('INVITE '))) return 0;
  return Math.max(...flow.caller.inbox.map(({ status }) => status));
}

test('a silent phone is asked at its NAT address within the time; its answer is enough', () => {
  const { flow, phone } = registeredPhone();
  pass(flow, 29_000);
  assert.equal(optionsAt(phone).length, 0, 'it has just registered');
  while (optionsAt(phone).length < 2) pass(flow, 100);
  const [options, ...more] = optionsAt(phone);
  assert.equal(options?.uri, `sip:${PHONE_NUMBER}@192.168.1.20:5060`);
  assert.deepEqual(new Set(more.map(({ text }) => text)), new Set([options.text]));
  phone.answer(options, 200);
  assert.equal(flow.edge.counter('terminalChecksAnswered'), 1);
  assert.equal(flow.edge.counter('responsesStray'), 0);
  pass(flow, 10_000);
  assert.equal(flow.edge.counter('terminalsLost'), 0);
  assert.equal(callTo(flow, phone), 0);
});

test('a phone that never answers is skipped by calls, until it registers again', () => {
  const { flow, phone } = registeredPhone();
  assert.equal(callTo(flow, phone), 0);
  pass(flow, 100_000);
  assert.equal(optionsAt(phone).length, 4);
  assert.equal(flow.edge.counter('terminalsLost'), 1);
  const refused = callTo(flow, phone);
  assert.ok(refused >= 400 && refused < 500, String(refused));
  phone.inbox = [];
  assert.equal(phone.register().status, 200);
  assert.equal(callTo(flow, phone), 0);
});

test('an answer after the verdict brings it back, whatever its status; 1xx says nothing', () => {
  const { flow, phone } = registeredPhone();
  pass(flow, 100_000);
  const [options] = optionsAt(phone);
  phone.answer(options!, 100);
  assert.notEqual(callTo(flow, phone), 0);
  phone.answer(options!, 405);
  assert.equal(callTo(flow, phone), 0);
});

test('an answer with a branch that was made up changes nothing', () => {
  const { flow, phone } = registeredPhone();
  pass(flow, 100_000);
  const [options] = optionsAt(phone);
  const forged = options!.text.replace(/branch=z9hG4bKask\S{8}/, 'branch=z9hG4bKask00000001');
  phone.send(forged.replace(/^OPTIONS .*\r\n/, 'SIP/2.0 200 OK\r\n'));
  assert.equal(flow.edge.counter('terminalChecksAnswered'), 0);
  assert.equal(flow.edge.counter('responsesStray'), 1);
});

test('over TCP: asked once, and what cannot be delivered tells at once', () => {
  const { flow, phone } = registeredPhone({}, 'tcp');
  while (optionsAt(phone).length === 0) pass(flow, 100);
  pass(flow, 5000);
  const [options, ...more] = optionsAt(phone);
  assert.equal(more.length, 0, 'a connection loses nothing');
  assert.match(options!.header('via'), /^SIP\/2\.0\/TCP /);
  assert.equal(callTo(flow, phone), 0);
  flow.edge.unreachable({ from: EDGE, to: phone.endpoint, text: options!.text });
  assert.equal(flow.edge.counter('terminalsLost'), 1);
  assert.equal(callTo(flow, phone), 480);
  flow.edge.unreachable({ from: EDGE, to: phone.endpoint, text: options!.text });
  assert.equal(flow.edge.counter('terminalsLost'), 1, 'no check runs any more');
});

test('over UDP an ICMP error says nothing yet', () => {
  const { flow, phone } = registeredPhone();
  while (optionsAt(phone).length === 0) pass(flow, 100);
  const text = optionsAt(phone)[0]!.text;
  flow.edge.unreachable({ from: EDGE, to: phone.endpoint, text });
  assert.equal(callTo(flow, phone), 0);
});

test('over TCP: whose connection has ended is asked nothing until it registers again', () => {
  const { flow, phone } = registeredPhone({}, 'tcp');
  const lost = new LostConnections(flow.edge.locationMemory, 1);
  assert.equal(lost.mark([{ local: 1, peer: toSocketEndpoint(phone.endpoint)! }]), 1);
  phone.inbox = [];
  pass(flow, 120_000);
  assert.equal(optionsAt(phone).length, 0);
  assert.equal(callTo(flow, phone), 480);
  assert.equal(phone.register().status, 200);
  assert.equal(callTo(flow, phone), 0);
});

test('SS_ENDPOINTTIMETOLIVE: 10 s, an hour, and changed while it runs', () => {
  const often = registeredPhone({ SS_ENDPOINTTIMETOLIVE: 10 });
  pass(often.flow, 16_000);
  assert.ok(optionsAt(often.phone).length > 0);
  const seldom = registeredPhone({ SS_ENDPOINTTIMETOLIVE: 3600 });
  pass(seldom.flow, 200_000);
  assert.equal(optionsAt(seldom.phone).length, 0);
  const parameters = parameterValues({ SS_ENDPOINTTIMETOLIVE: 10 });
  for (const core of seldom.flow.edge.cores) core.mount({ ...seldom.flow.snapshot, parameters });
  pass(seldom.flow, 11_000);
  assert.ok(optionsAt(seldom.phone).length > 0);
});
