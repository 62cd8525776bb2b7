// A call that its shard's death interrupts: after the restart it goes on as if nothing had been,
// its record says how its end is known, and nothing of it is left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REMOVED_GATEWAYS, SYSTEM_CALLS } from '../../../engine/routing/gate-slots.ts';
import { responseText, sdpText } from '../../sim/text-message.ts';
import { Flow, Leg } from './flow.ts';

const DOWN_MS = 2000;

/** The shard dies now and is there again after a while. */
function crash(flow: Flow, downMs = DOWN_MS): void {
  flow.edge.crash(0, 0);
  flow.run(downMs);
  flow.edge.restart(0);
}

/** A call that talks since 10 s when the shard dies. */
function interrupted(): { flow: Flow; caller: Leg; callee: Leg } {
  const flow = new Flow();
  const legs = flow.talk('Record-Route: <sip:192.0.2.50;lr>\r\n');
  flow.run(10_000);
  crash(flow);
  return { flow, ...legs };
}

function assertTalked(flow: Flow, ms: number): void {
  const { durationMs, billedMs } = flow.cdr;
  assert.ok(Math.abs(durationMs - ms) <= 100, `${durationMs} ms`);
  assert.equal(billedMs, durationMs);
}

for (const side of ['caller', 'callee'] as const) {
  test(`the ${side} hangs up`, () => {
    const { flow, ...legs } = interrupted();
    const peers = { caller: flow.caller, callee: flow.vendor };
    legs[side].request('BYE', 'Reason: Q.850;cause=16\r\n');
    peers[side].take('200 BYE');
    const other = peers[side === 'caller' ? 'callee' : 'caller'];
    const bye = other.take('BYE');
    assert.equal(bye.header('reason'), 'Q.850;cause=16');
    assert.equal(bye.toTag, side === 'caller' ? 'v' : 'c');
    if (side === 'callee') assert.deepEqual(bye.all('route'), ['<sip:192.0.2.50;lr>']);
    other.answer(bye, 200);
    assertTalked(flow, 10_000 + DOWN_MS);
    const { endEvidence, endSide, endCode, routingGateway, codec } = flow.cdr;
    assert.deepEqual([endEvidence, endSide, endCode], ['recovered', side, 200]);
    assert.deepEqual([routingGateway, codec], ['vendor-1', 'PCMA']);
    assert.equal(flow.cdr.endedAtMs - flow.cdr.answeredAtMs, flow.cdr.durationMs);
    const [row] = flow.rows;
    assert.deepEqual([flow.rows.length, row?.id, row?.code], [1, flow.cdr.id, 200]);
    flow.expectNothingLeft();
  });
}

test('what waits in the socket is answered after the restart', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  flow.edge.crash(0, 0);
  caller.request('BYE');
  flow.caller.expectNo('481 BYE');
  flow.edge.restart(0);
  flow.run();
  flow.caller.take('200 BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('re-INVITE, INFO and UPDATE pass, with a CSeq that has grown', () => {
  const { flow, caller, callee } = interrupted();
  caller.request('INVITE', '', sdpText(2));
  const hold = flow.vendor.take('INVITE');
  assert.ok(hold.cseq > 1000, `${hold.cseq}`);
  flow.vendor.answer(hold, 200, { body: sdpText(3) });
  flow.caller.take('200 INVITE');
  caller.ack();
  assert.equal(flow.vendor.take('ACK').cseq, hold.cseq);
  for (const method of ['INFO', 'UPDATE']) {
    callee.request(method, '', sdpText(4));
    flow.caller.answer(flow.caller.take(method), 200);
    flow.vendor.take(`200 ${method}`);
  }
  caller.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('the same state restored twice: CSeq still grows', () => {
  const { flow, caller } = interrupted();
  const cseqs: number[] = [];
  for (let i = 0; i < 3; i++) {
    caller.request('INFO');
    const info = flow.vendor.take('INFO');
    cseqs.push(info.cseq);
    flow.vendor.answer(info, 200);
    // What was written since the restart is lost with it.
    flow.edge.crash(0, 300);
    flow.run(500);
    flow.edge.restart(0);
  }
  assert.deepEqual(
    cseqs,
    cseqs.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(cseqs).size, 3);
});

test('a vendor that resends its 200 gets its ACK and no BYE', () => {
  const flow = new Flow();
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  crash(flow);
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const ack = flow.vendor.take('ACK');
  assert.equal(ack.cseq, offered.cseq);
  assert.equal(ack.toTag, 'v');
  flow.vendor.expectNo('BYE');
  assert.equal(flow.records.length, 0);
  // Another fork is none of the call's: it is hung up.
  flow.vendor.answer(offered, 200, { tag: 'fork', body: sdpText(2) });
  assert.equal(flow.vendor.take('BYE').toTag, 'fork');
  assert.equal(flow.records.length, 0);
});

test('the ACK of the caller comes after the restart: it passes with its body', () => {
  const flow = new Flow();
  const invite = flow.caller.invite({ body: '' });
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  crash(flow);
  caller.ack(1, sdpText(7));
  const ack = flow.vendor.take('ACK');
  assert.equal(ack.cseq, offered.cseq);
  assert.equal(ack.body, sdpText(7));
  // A second one is a retransmission of the first.
  caller.ack(1, sdpText(8));
  flow.vendor.expectNo('ACK');
});

test('nobody comes back: the length limit ends it, billed to the last proof of life', () => {
  const flow = new Flow({ customer: { maxCallSeconds: 300 } });
  flow.talk();
  flow.run(150_000);
  crash(flow, 5000);
  flow.run(300_000);
  const { endEvidence, endSide, endReason } = flow.cdr;
  assert.deepEqual([endEvidence, endSide], ['assumed', 'server']);
  assert.equal(endReason, 'Longest call duration reached, nobody heard since the restart');
  // The second ALIVE; those of the restarted shard prove nothing.
  assertTalked(flow, 120_000);
  assert.equal(flow.cdr.endedAtMs - flow.cdr.answeredAtMs, flow.cdr.durationMs);
  assert.equal(flow.rows[0]?.endedAtMs, flow.cdr.endedAtMs);
  assert.equal(flow.edge.counter('callsAssumed'), 1);
  flow.caller.take('BYE');
  flow.vendor.take('BYE');
  flow.expectNothingLeft();
});

test('the limit is over when the switch is there again: it ends at once', () => {
  const flow = new Flow({ customer: { maxCallSeconds: 60 } });
  flow.talk();
  flow.run(5000);
  crash(flow, 120_000);
  flow.run(20);
  assert.equal(flow.cdr.endEvidence, 'assumed');
  assertTalked(flow, 0);
  flow.expectNothingLeft();
});

test('a peer was heard after the restart: billed to the real end', () => {
  const flow = new Flow({ customer: { maxCallSeconds: 60 } });
  const { callee } = flow.talk();
  crash(flow);
  callee.request('OPTIONS');
  flow.vendor.take('200 OPTIONS');
  flow.run(60_000);
  assert.equal(flow.cdr.endEvidence, 'recovered');
  assertTalked(flow, 60_000);
  flow.expectNothingLeft();
});

test('that it was heard outlives the next crash', () => {
  const flow = new Flow({ customer: { maxCallSeconds: 60 } });
  const { callee } = flow.talk();
  crash(flow, 10_000);
  callee.request('OPTIONS');
  crash(flow, 10_000);
  flow.run(60_000);
  assert.equal(flow.cdr.endEvidence, 'assumed');
  assertTalked(flow, 10_050);
});

test('gateways that are no longer provisioned: the call goes on, counted for the system', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  flow.edge.crash(0, 0);
  flow.edge.restart(0, { ...flow.snapshot, mappingGateways: [], routingGateways: [] });
  assert.equal(flow.edge.gates.occupied(SYSTEM_CALLS), 1);
  assert.equal(flow.edge.gates.occupied(REMOVED_GATEWAYS), 2);
  caller.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  assert.equal(flow.cdr.mappingGateway, flow.snapshot.mappingGateways[0]!.name);
  flow.expectNothingLeft();
});

test('a restored call takes its place again, over the limit if need be', () => {
  const flow = new Flow({ vendors: [{ capacity: 1 }] });
  const { caller } = flow.talk();
  const [vendor] = flow.snapshot.routingGateways;
  flow.edge.crash(0, 0);
  const shrunk = { ...flow.snapshot, routingGateways: [{ ...vendor!, capacity: 0 }] };
  flow.edge.restart(0, shrunk);
  assert.equal(flow.edge.gates.occupied(vendor!.slot), 1);
  flow.caller.takeFailure(flow.caller.invite(), 503);
  caller.request('BYE');
  flow.caller.take('200 BYE');
  assert.equal(flow.edge.gates.occupied(vendor!.slot), 0);
});

test('calls that were never answered, and calls that have ended, are not restored', () => {
  const flow = new Flow();
  flow.talk().caller.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  crash(flow);
  assert.equal(flow.edge.counter('callsRestored'), 0);
  assert.equal(flow.edge.gates.occupied(SYSTEM_CALLS), 0);
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  flow.vendor.take('ACK');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  assert.equal(flow.records.length, 1);
  flow.expectNothingLeft();
});

test('the wall clock steps before the crash and after the restart: the duration does not', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  flow.run(30_000);
  flow.time.stepWall(3_600_000);
  flow.run(60_000);
  crash(flow, 1000);
  flow.time.stepWall(-86_400_000);
  flow.run(5000);
  caller.request('BYE');
  assertTalked(flow, 96_000);
});

for (const method of ['INVITE', 'UPDATE'] as const) {
  test(`a Contact that ${method} has changed is where requests go after the restart`, () => {
    const flow = new Flow();
    const { caller, callee } = flow.talk();
    flow.run(1000);
    caller.request(method, '', sdpText(2));
    const relayed = flow.vendor.take(method);
    const extra = 'Contact: <sip:moved@203.0.113.1:5099>\r\n';
    flow.vendor.send(responseText(relayed, 200, 'v', extra, sdpText(3)));
    if (method === 'INVITE') caller.ack();
    crash(flow);
    callee.request('BYE');
    assert.equal(flow.caller.take('BYE').uri, 'sip:x@198.51.100.1:5060');
    flow.vendor.take('200 BYE');
  });

  test(`a vendor's Contact that ${method} has changed, too`, () => {
    const flow = new Flow();
    const { caller } = flow.talk();
    caller.request(method, '', sdpText(2));
    const relayed = flow.vendor.take(method);
    const extra = 'Contact: <sip:moved@203.0.113.1:5099>\r\n';
    flow.vendor.send(responseText(relayed, 200, 'v', extra, sdpText(3)));
    if (method === 'INVITE') caller.ack();
    crash(flow);
    caller.request('BYE');
    assert.equal(flow.vendor.take('BYE').uri, 'sip:moved@203.0.113.1:5099');
  });
}

/** A call that is silent since the restart, just after its peers were asked. */
function silent(): { flow: Flow; caller: Leg; callee: Leg } {
  const flow = new Flow({ customer: { maxCallSeconds: 3600 } });
  const legs = flow.talk();
  crash(flow);
  flow.run(299_000);
  flow.caller.expectNo('OPTIONS');
  // They are asked with one of the states that are written each minute.
  for (let s = 0; s < 62 && !flow.caller.has('OPTIONS'); s++) flow.run(1000);
  return { flow, ...legs };
}

test('silent for five minutes: one peer that answers OPTIONS proves that the call lives', () => {
  const { flow, caller } = silent();
  const options = flow.vendor.take('OPTIONS');
  assert.equal(options.toTag, 'v');
  flow.vendor.answer(options, 405);
  flow.vendor.inbox = [];
  flow.caller.answer(flow.caller.take('OPTIONS'), 200);
  flow.run(120_000);
  flow.vendor.expectNo('OPTIONS');
  assert.equal(flow.records.length, 0);
  flow.edge.operate((core) => {
    core.stopCalls();
  });
  assert.equal(flow.cdr.endEvidence, 'recovered');
  caller.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('silent for five minutes, and a peer says 481: billed to the last proof of life', () => {
  const { flow } = silent();
  flow.caller.answer(flow.caller.take('OPTIONS'), 481);
  const { endEvidence, endSide, endReason } = flow.cdr;
  assert.deepEqual([endEvidence, endSide], ['assumed', 'server']);
  assert.equal(endReason, 'Peer no longer knows the call, nobody heard since the restart');
  assertTalked(flow, 0);
  flow.vendor.take('BYE');
  flow.expectNothingLeft();
});

test('silent for five minutes, and nobody answers OPTIONS: the call ends', () => {
  const { flow } = silent();
  flow.run(33_000);
  assert.equal(flow.cdr.endEvidence, 'assumed');
  assertTalked(flow, 0);
  flow.expectNothingLeft();
});

test('silent for five minutes, and nobody is there: the second probe ends the call', () => {
  const flow = new Flow({ customer: { maxCallSeconds: 3600 } });
  flow.talk();
  crash(flow);
  flow.network.detach(flow.caller.endpoint);
  flow.network.detach(flow.vendor.endpoint);
  flow.run(361_000);
  assert.equal(flow.records.length, 0);
  flow.run(61_000);
  assert.equal(flow.cdr.endEvidence, 'assumed');
  flow.expectNothingLeft();
});
