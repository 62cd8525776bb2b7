// A running session timer: when the switch refreshes, when a session that nobody refreshed ends its
// call and how that is billed, for both roles on both legs; and what a restart leaves of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParameterValues } from '../../../engine/base/parameter-values.ts';
import { sdpText } from '../../sim/text-message.ts';
import type { Flow, Leg, Peer } from './flow.ts';
import { grants, TIMER, timedTalk, UPDATES, type TimedTalk } from './timed-talk.ts';

type Side = 'caller' | 'callee';

/** A call with a session timer on one leg. */
function talkOn(
  side: Side,
  who: 'peer' | 'switch',
  seconds: number,
  parameters: Partial<ParameterValues> = {},
): TimedTalk & { leg: Leg; peer: Peer; other: Peer } {
  const role = (who === 'peer') === (side === 'caller') ? 'uac' : 'uas';
  const caller = `${TIMER}${UPDATES}Session-Expires: ${seconds};refresher=${role}\r\n`;
  const vendor = `${UPDATES}${grants(seconds, role)}`;
  const talk = timedTalk(side === 'caller' ? { caller } : { vendor }, {
    parameters: { SS_SIP_SESSION_TTL: 86_400, ...parameters },
  });
  const { flow } = talk;
  const [peer, other] = side === 'caller' ? [flow.caller, flow.vendor] : [flow.vendor, flow.caller];
  return { ...talk, leg: talk[side], peer, other };
}

/** The call goes on for that long and ends then, on both sides. */
function expectEndAfter(flow: Flow, ms: number, reason: RegExp): void {
  flow.run(ms - 100 - flow.time.monoMs());
  assert.equal(flow.records.length, 0, 'still up');
  flow.run(200);
  assert.match(flow.cdr.endReason, reason);
  assert.deepEqual([flow.cdr.endCode, flow.cdr.endSide], [200, 'server']);
  for (const peer of [flow.caller, flow.vendor]) peer.answer(peer.take('BYE'), 200);
}

for (const side of ['caller', 'callee'] as const) {
  test(`the ${side} does not refresh: BYE before the interval ends (SIP-05, SIP-08)`, () => {
    const cases: [number, number, number][] = [
      [600, 32, 568],
      [90, 32, 60],
      [600, 0, 600],
      [90, 10, 80],
      [600, 3600, 400],
    ];
    for (const [interval, early, end] of cases) {
      const { flow, peer, other } = talkOn(side, 'peer', interval, {
        SS_SIP_SESSION_TIMEOUT_EARLY_HANGUP: early,
      });
      expectEndAfter(flow, end * 1000 + 20, new RegExp(`Session expired.*${side}`));
      assert.ok(Math.abs(flow.cdr.durationMs - end * 1000) <= 50, `${flow.cdr.durationMs}`);
      assert.equal(flow.cdr.billedMs, flow.cdr.durationMs);
      assert.equal(flow.edge.counter('callsCutSession'), 1);
      for (const at of [peer, other]) at.expectNo('UPDATE');
      flow.expectNothingLeft();
    }
  });

  test(`the ${side} refreshes by UPDATE: answered here, the call goes on`, () => {
    const { flow, leg, peer, other } = talkOn(side, 'peer', 600);
    for (let i = 0; i < 3; i++) {
      flow.run(500_000);
      leg.request('UPDATE', `${TIMER}Session-Expires: 600;refresher=uac\r\n`);
      const answer = peer.take('200 UPDATE');
      assert.equal(answer.header('session-expires'), '600;refresher=uac');
      assert.match(answer.contact, /@192\.0\.2\.1:5060$/);
    }
    assert.equal(other.inbox.length, 0);
    assert.equal(flow.edge.counter('sessionsRefreshed'), 3);
    flow.run(567_000);
    assert.equal(flow.records.length, 0);
    flow.run(1100);
    peer.take('BYE');
    other.take('BYE');
  });

  test(`the ${side} refreshes by re-INVITE: it passes end to end`, () => {
    const { flow, leg, peer, other } = talkOn(side, 'peer', 600);
    flow.run(500_000);
    leg.request('INVITE', `${TIMER}Session-Expires: 600;refresher=uac\r\n`, sdpText(1));
    other.answer(other.take('INVITE'), 200, { body: sdpText(2) });
    assert.equal(peer.take('200 INVITE').header('session-expires'), '600;refresher=uac');
    leg.ack();
    other.take('ACK');
    flow.run(567_000);
    assert.equal(flow.records.length, 0);
    flow.run(1100);
    peer.take('BYE');
  });

  test(`the switch refreshes the ${side} in as many parts as set (SIP-06)`, () => {
    for (const [segments, everyMs] of [
      [2, 300_000],
      [10, 60_000],
    ] as const) {
      const { flow, peer, other } = talkOn(side, 'switch', 600, {
        SS_SIP_SESSION_UPDATE_SEGMENT: segments,
      });
      for (let i = 0; i < 4; i++) {
        flow.run(everyMs - 200);
        peer.expectNo('UPDATE');
        flow.run(200);
        const update = peer.take('UPDATE');
        assert.equal(update.body, '');
        assert.equal(update.header('session-expires'), '600;refresher=uac');
        assert.equal(update.header('min-se'), '90');
        assert.equal(update.header('supported'), 'timer');
        peer.answer(update, 200, { extra: grants(600, 'uac') });
      }
      assert.equal(other.inbox.length, 0);
      assert.equal(flow.records.length, 0);
    }
  });

  test(`the shard dies: the session of the ${side} goes on where it was`, () => {
    for (const who of ['peer', 'switch'] as const) {
      const { flow, peer } = talkOn(side, who, 600);
      // Of a peer that is silent for 300 s after a restart the switch asks whether it lives: later.
      flow.run(who === 'switch' ? 200_000 : 290_000);
      flow.edge.crash(0, 0);
      flow.run(2000);
      flow.edge.restart(0);
      if (who === 'switch') {
        flow.run(97_000);
        peer.expectNo('UPDATE');
        flow.run(1100);
        peer.answer(peer.take('UPDATE'), 200, { extra: grants(600, 'uac') });
        flow.run(299_000);
        peer.expectNo('UPDATE');
        flow.run(2000);
        peer.take('UPDATE');
        continue;
      }
      flow.run(275_000);
      assert.equal(flow.records.length, 0);
      flow.run(1200);
      assert.match(flow.cdr.endReason, /Session expired/);
      // Nobody was heard since the restart: billed to the last sign of life.
      assert.equal(flow.cdr.endEvidence, 'assumed');
      flow.expectNothingLeft();
    }
  });
}

test('a refresh that falls into the downtime is sent soon after it', () => {
  const { flow, vendor } = overdue();
  flow.run(5100);
  vendor.answer(vendor.take('UPDATE'), 200, { extra: grants(600, 'uac') });
  assert.equal(flow.records.length, 0);
});

function overdue(): { flow: Flow; vendor: Peer } {
  const { flow } = talkOn('callee', 'switch', 600);
  flow.run(290_000);
  flow.edge.crash(0, 0);
  flow.run(20_000);
  flow.edge.restart(0);
  return { flow, vendor: flow.vendor };
}

test('a call whose interval ran out in the downtime ends at once', () => {
  const { flow } = talkOn('callee', 'peer', 90);
  flow.run(50_000);
  flow.edge.crash(0, 0);
  flow.run(100_000);
  flow.edge.restart(0);
  flow.run(100);
  assert.match(flow.cdr.endReason, /Session expired.*nobody heard/);
  assert.ok(flow.cdr.durationMs <= 50_100, `${flow.cdr.durationMs}`);
  flow.expectNothingLeft();
});

test('SIP-10: the limit holds for callers without session timers only; 0 sets none', () => {
  const cases: [string, number, number | null][] = [
    ['', 7200, 7200],
    ['', 100, 100],
    ['', 0, null],
    ['Session-Expires: 600\r\n', 100, 100],
    [`${TIMER}${UPDATES}Session-Expires: 86400;refresher=uac\r\n`, 100, null],
  ];
  for (const [caller, limit, end] of cases) {
    const parameters = {
      SS_SIP_NO_TIMER_REINVITE_INTERVAL: limit,
      SS_SIP_SESSION_TTL: 86_400,
    };
    const { flow } = timedTalk({ caller }, { parameters });
    if (end === null) {
      flow.run(50_000_000);
      assert.equal(flow.records.length, 0, JSON.stringify(caller));
    } else {
      expectEndAfter(flow, end * 1000 + 20, /Longest call duration/);
    }
  }
});

test('no timer of the wheel where no session timer is, one a leg where there is', () => {
  const timers = (caller: string, vendor: string): number => {
    const { flow } = timedTalk({ caller, vendor });
    flow.run(40_000);
    return flow.edge.cores[0]!.gauges().timers;
  };
  const plain = timers('', '');
  assert.equal(timers(TIMER, '') - plain, 1);
  assert.equal(timers(TIMER, grants(600, 'uas')) - plain, 2);
});
