// Where responses go by the reply address of a gateway: the table ADR-01 to ADR-03, its test peer,
// and that a change holds for the next request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../../engine/base/endpoint.ts';
import { hostPort } from '../../../../engine/base/endpoint.ts';
import { REPLY_ADDRESSES, type ReplyAddress } from '../../../../engine/base/gateway-words.ts';
import { sdpText } from '../../../sim/text-message.ts';
import { Flow, Leg, Peer, type FlowOptions } from '../../call/flow.ts';

/** Behind NAT: it sends from the first, its Via names the second. */
const SOURCE: Endpoint = { family: 4, ip: '203.0.113.5', port: 40_000 };
const VIA: Endpoint = { family: 4, ip: '10.0.0.7', port: 5062 };
const TABLE: Readonly<Record<ReplyAddress, Endpoint>> = {
  socket: SOURCE,
  'via-port': { ...SOURCE, port: VIA.port },
  via: VIA,
};

/** A peer at SOURCE, and whoever listens at the places that the table names. */
function testPeer(flow: Flow): { sender: Peer; at: ReadonlyMap<string, Peer> } {
  const sender = new Peer(flow, SOURCE);
  sender.sentBy = hostPort(VIA);
  const others = [TABLE['via-port'], TABLE.via].map((endpoint) => new Peer(flow, endpoint));
  return { sender, at: new Map([sender, ...others].map((p) => [hostPort(p.endpoint), p])) };
}

/** Takes a response where it belongs; nothing has come anywhere else. */
function takeAt(at: ReadonlyMap<string, Peer>, where: Endpoint, what: string): string {
  for (const [name, peer] of at) if (name !== hostPort(where)) assert.deepEqual(peer.inbox, []);
  return at.get(hostPort(where))!.take(what).header('via');
}

function customer(replyAddress: ReplyAddress): FlowOptions {
  return { customer: { remoteIps: [SOURCE.ip], replyAddress } };
}

test('ADR-01 to ADR-03: responses to a mapping gateway', () => {
  for (const mode of REPLY_ADDRESSES) {
    const flow = new Flow(customer(mode));
    const { sender, at } = testPeer(flow);
    sender.invite();
    const via = takeAt(at, TABLE[mode], '100 INVITE');
    assert.match(via, /rport=40000.*received=203\.0\.113\.5/, 'Via says the truth in every mode');
    const offered = flow.vendor.take('INVITE');
    flow.vendor.answer(offered, 180);
    takeAt(at, TABLE[mode], '180 INVITE');
    flow.vendor.answer(offered, 486);
    takeAt(at, TABLE[mode], '486 INVITE');
  }
});

test('stateless answers go the same way', () => {
  for (const mode of REPLY_ADDRESSES) {
    const flow = new Flow(customer(mode));
    const { sender, at } = testPeer(flow);
    sender.invite({ maxForwards: 0 });
    takeAt(at, TABLE[mode], '483 INVITE');
  }
});

test('responses to a routing gateway', () => {
  for (const mode of REPLY_ADDRESSES) {
    const peer = { ...SOURCE, port: 5060 };
    const flow = new Flow({ vendors: [{ peer, replyAddress: mode }] });
    const invite = flow.caller.invite();
    const offered = flow.vendor.take('INVITE');
    flow.vendor.answer(offered, 200, { tag: 'v', body: sdpText(2) });
    Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE')).ack();
    flow.vendor.take('ACK');
    const { sender, at } = testPeer(flow);
    Leg.ofCallee(sender, offered, 'v').request('BYE');
    takeAt(at, TABLE[mode], '200 BYE');
  }
});

test('a change holds for the next request, no restart needed', () => {
  const flow = new Flow(customer('via'));
  const { sender, at } = testPeer(flow);
  sender.invite({ maxForwards: 0 });
  takeAt(at, VIA, '483 INVITE');
  flow.mount(customer('socket'));
  sender.invite({ maxForwards: 0 });
  takeAt(at, SOURCE, '483 INVITE');
  flow.mount(customer('via-port'));
  sender.invite({ maxForwards: 0 });
  takeAt(at, TABLE['via-port'], '483 INVITE');
});

test('a Via with a name: the source address; without a port: 5060', () => {
  const flow = new Flow(customer('via'));
  const { sender } = testPeer(flow);
  sender.sentBy = 'pbx.example.net';
  const usual = new Peer(flow, { ...SOURCE, port: 5060 });
  sender.invite({ maxForwards: 0 });
  usual.take('483 INVITE');
});
