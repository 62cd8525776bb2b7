// PUBLISH of vendors: initial, refresh, modify, remove, who is heard, and what it does to calls.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_LIMIT, type RoutingGateway } from '../../../engine/routing/snapshot.ts';
import { EDGE } from '../../sim/edge.ts';
import type { TextMessage } from '../../sim/text-message.ts';
import { Flow, type Peer } from '../call/flow.ts';
import { remount } from './registering.ts';

const PUBLISHER: Partial<RoutingGateway> = { allowPublish: true };
let unique = 0;

interface PublishOptions {
  readonly event?: string;
  readonly type?: string;
  readonly expires?: number | string | null;
  readonly match?: string;
  readonly body?: string;
}

/** Sends a PUBLISH and takes its answer. */
function publish(peer: Peer, options: PublishOptions = {}): TextMessage {
  const { event = 'gateway-capacity', type = 'text/plain', expires = 300, match } = options;
  const { body = 'capacity=2;state=open' } = options;
  const lines = [
    `PUBLISH sip:${EDGE.ip} SIP/2.0`,
    `Via: SIP/2.0/UDP ${peer.endpoint.ip}:5060;branch=z9hG4bKp${++unique}`,
    'Max-Forwards: 70',
    `From: <sip:gw@${peer.endpoint.ip}>;tag=p`,
    `To: <sip:gw@${EDGE.ip}>`,
    `Call-ID: publish-${unique}`,
    'CSeq: 1 PUBLISH',
    ...(event === '' ? [] : [`Event: ${event}`]),
    ...(expires === null ? [] : [`Expires: ${expires}`]),
    ...(match === undefined ? [] : [`SIP-If-Match: ${match}`]),
    ...(body === '' ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${body.length}`,
  ];
  peer.send(`${lines.join('\r\n')}\r\n\r\n${body}`);
  const answer = peer.inbox.findIndex(({ cseqMethod }) => cseqMethod === 'PUBLISH');
  assert.ok(answer >= 0, 'PUBLISH is answered');
  return peer.inbox.splice(answer, 1)[0]!;
}

const tagOf = (answer: TextMessage): string => answer.header('sip-etag');

/** How many calls at once the first vendor gets when five are made; they are cancelled again. */
function carries(flow: Flow): number {
  const invites = Array.from({ length: 5 }, () => flow.caller.invite());
  const calls = flow.edge.gates.occupied(17);
  for (const invite of invites) flow.caller.cancel(invite);
  for (const peer of [flow.caller, ...flow.vendors]) peer.inbox = [];
  flow.run(300);
  return calls;
}

test('a published capacity limits calls exactly, and ends with its expiry', () => {
  const flow = new Flow({ vendors: [{ ...PUBLISHER, capacity: NO_LIMIT }] });
  assert.equal(carries(flow), 5);
  const answer = publish(flow.vendor, { expires: 60 });
  assert.equal(answer.status, 200);
  assert.equal(answer.header('expires'), '60');
  assert.match(tagOf(answer), /^[0-9a-f]{8}$/);
  assert.equal(carries(flow), 2);
  flow.run(61_000);
  assert.equal(carries(flow), 5);
});

test('it never raises the configured capacity', () => {
  const flow = new Flow({ vendors: [{ ...PUBLISHER, capacity: 1 }] });
  publish(flow.vendor);
  assert.equal(carries(flow), 1);
});

test('closed: the next vendor gets the calls; alone, 503 and a reason of its own', () => {
  const two = new Flow({ vendors: [PUBLISHER, {}] });
  publish(two.vendor, { body: 'state=closed' });
  two.caller.invite();
  two.vendor.expectNo('INVITE');
  two.vendors[1]!.take('INVITE');
  assert.equal(two.edge.counter('attemptsSkippedClosed'), 1);
  const alone = new Flow({ vendors: [PUBLISHER] });
  publish(alone.vendor, { body: 'capacity=0' });
  alone.caller.invite();
  alone.caller.take('503 INVITE');
  assert.equal(alone.cdr.endReason, 'Routing gateway closed by its own word');
});

test('presence (RFC 3863): closed and open again', () => {
  const flow = new Flow({ vendors: [PUBLISHER] });
  const pidf = (basic: string): PublishOptions => ({
    event: 'presence',
    type: 'application/pidf+xml',
    body:
      '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:gw">' +
      `<tuple id="t"><status><basic>${basic}</basic></status></tuple></presence>`,
  });
  const tag = tagOf(publish(flow.vendor, pidf('closed')));
  assert.equal(carries(flow), 0);
  publish(flow.vendor, { ...pidf('open'), match: tag });
  assert.equal(carries(flow), 5);
});

test('refresh, modify and remove by entity-tag; a spent or expired one gets 412', () => {
  const flow = new Flow({ vendors: [PUBLISHER] });
  const first = tagOf(publish(flow.vendor, { expires: 60 }));
  flow.run(50_000);
  const second = tagOf(publish(flow.vendor, { expires: 60, match: first, body: '' }));
  assert.notEqual(second, first);
  flow.run(30_000);
  assert.equal(carries(flow), 2, 'the refresh goes on with what was said');
  assert.equal(publish(flow.vendor, { match: first, body: '' }).status, 412);
  const third = tagOf(publish(flow.vendor, { match: second, expires: 60, body: 'capacity=3' }));
  assert.equal(carries(flow), 3);
  const removed = publish(flow.vendor, { match: third, expires: 0, body: '' });
  assert.deepEqual([removed.status, removed.header('expires'), tagOf(removed)], [200, '0', '']);
  assert.equal(carries(flow), 5);
  assert.equal(publish(flow.vendor, { match: third, body: '' }).status, 412);
  const fourth = tagOf(publish(flow.vendor, { expires: 30 }));
  flow.run(32_000);
  assert.equal(publish(flow.vendor, { match: fourth, body: '' }).status, 412, 'expired');
  assert.equal(publish(flow.vendor, { match: 'zzz', body: '' }).status, 412, 'not ours');
});

test('SS_SIP_PUBLISH_EXPIRE bounds what is granted, live; a short one gets 423', () => {
  const flow = new Flow({ vendors: [PUBLISHER] });
  assert.equal(publish(flow.vendor, { expires: 900 }).header('expires'), '300');
  assert.equal(publish(flow.vendor, { expires: null }).header('expires'), '300');
  remount(flow, { SS_SIP_PUBLISH_EXPIRE: 120 });
  assert.equal(publish(flow.vendor, { expires: 900 }).header('expires'), '120');
  flow.run(121_500);
  assert.equal(carries(flow), 5);
  const short = publish(flow.vendor, { expires: 5 });
  assert.deepEqual([short.status, short.header('min-expires')], [423, '30']);
});

test('what is not understood: event 489, type 415, body, expiry and missing body 400', () => {
  const flow = new Flow({ vendors: [PUBLISHER] });
  for (const event of ['dialog', '']) {
    const answer = publish(flow.vendor, { event });
    assert.equal(answer.status, 489);
    assert.equal(answer.header('allow-events'), 'gateway-capacity, presence');
  }
  const type = publish(flow.vendor, { type: 'application/json' });
  assert.deepEqual([type.status, type.header('accept')], [415, 'text/plain']);
  for (const body of ['capacity=many', 'state=ajar', 'hello', '']) {
    assert.equal(publish(flow.vendor, { body }).status, 400, body);
  }
  assert.equal(publish(flow.vendor, { expires: 'soon' }).status, 400);
  assert.equal(carries(flow), 5);
  assert.equal(flow.edge.counter('publicationsTaken'), 0);
});

test('only gateways with allowPublish are heard', () => {
  const flow = new Flow({ vendors: [{ allowPublish: false }, PUBLISHER] });
  assert.equal(publish(flow.vendor).status, 403);
  assert.equal(publish(flow.caller).status, 403, 'a customer');
  assert.equal(publish(flow.vendors[1]!).status, 200);
  assert.equal(carries(flow), 5);
  remount(flow, {}, (gateway) => ({ ...gateway, allowPublish: true }));
  assert.equal(publish(flow.vendor).status, 200);
  assert.equal(carries(flow), 2);
});

test('of two gateways at one address the port says which', () => {
  const ip = '203.0.113.9';
  const at = (port: number): Partial<RoutingGateway> => ({
    ...PUBLISHER,
    peer: { family: 4, ip, port },
  });
  const flow = new Flow({ vendors: [at(5060), at(5070)] });
  publish(flow.vendors[1]!, { body: 'state=closed' });
  const nowMs = flow.time.wallMs();
  assert.equal(flow.edge.states.view(17, nowMs).published, null);
  assert.equal(flow.edge.states.view(18, nowMs).published?.open, false);
});

test('a retransmission gets the same tag', () => {
  const flow = new Flow({ vendors: [PUBLISHER] });
  const first = publish(flow.vendor);
  unique--;
  assert.equal(publish(flow.vendor).text, first.text);
  assert.equal(flow.edge.counter('publicationsTaken'), 1);
});

test('publications and pauses end with the gateway, also when its name comes back', () => {
  const flow = new Flow({ vendors: [PUBLISHER] });
  publish(flow.vendor, { body: 'state=closed' });
  assert.equal(carries(flow), 0);
  remount(flow, {}, () => null);
  remount(flow, {});
  assert.equal(carries(flow), 5);
});
