// What callers and vendors of a simulation intend, drawn at random: mostly ordinary calls, with
// every oddity of the field often enough that a few hundred seeds meet all pairs of them.
import type { CallPlan, PlannedAction } from './caller.ts';
import type { Chance } from './chance.ts';
import { LEG_ACTIONS } from './leg-agent.ts';
import type { SessionHabits } from './leg-session.ts';
import type { PlannedResponse, VendorPlan } from './vendor.ts';
import { VENDOR_MARK, VENDOR_NET } from './wire-rules.ts';

const FAILURES = [
  300, 302, 400, 403, 404, 408, 410, 480, 481, 482, 483, 484, 486, 487, 488, 491, 500, 502, 503,
  504, 600, 603, 604, 606,
];

function actions(chance: Chance): PlannedAction[] {
  const count = chance.happens(0.5) ? 0 : chance.between(1, 4);
  return Array.from({ length: count }, () => ({
    afterMs: chance.between(0, 12_000),
    action: chance.pick(LEG_ACTIONS),
  }));
}

function sessionHabits(chance: Chance, seconds: readonly number[]): SessionHabits | null {
  if (chance.happens(0.5)) return null;
  return {
    seconds: chance.pick(seconds),
    refresher: chance.pick(['', '', 'uac', 'uas'] as const),
    refreshesBy: chance.pick(['UPDATE', 'INVITE', null, null] as const),
    takesUpdate: chance.happens(0.6),
    firstRefresh: chance.pick([0, 0, 0, 422, 481, 491, 500]),
  };
}

export function callPlan(chance: Chance, number: string): CallPlan {
  const cancels = chance.happens(0.2);
  const odd = chance.between(0, 29);
  // Shorter than any Min-SE, as short as one, of our own choice, long.
  const session = sessionHabits(chance, [60, 90, 120, 0, 300, 1800]);
  return {
    number,
    lateOffer: chance.happens(0.15),
    reliable: chance.happens(0.4),
    cancelAfterMs: cancels ? chance.between(0, 9000) : null,
    earlyBye: chance.happens(0.1),
    byeAfterMs: chance.happens(session === null ? 0.6 : 0.3) ? chance.between(0, 20_000) : null,
    ackAfterMs: odd === 0 ? null : chance.happens(0.8) ? 0 : chance.between(1, 2000),
    actions: actions(chance),
    maxForwards: odd === 1 ? 0 : odd === 2 ? 1 : 70,
    privacy: chance.pick(['', '', 'id', 'user', 'none']),
    extra: odd === 3 ? 'Require: x-unknown\r\n' : '',
    merged: odd === 4,
    crashAfterMs: odd === 5 ? chance.between(0, 15_000) : null,
    session,
  };
}

/** @param vendors how many there are: redirects point at one of them */
export function vendorPlan(chance: Chance, vendors: number): VendorPlan {
  const forks = chance.happens(0.2) ? chance.between(2, 3) : 1;
  const responses: PlannedResponse[] = [];
  const say = (afterMs: number, status: number, extra = ''): void => {
    const sdp = status >= 200 ? true : status === 183 || (status === 180 && chance.happens(0.2));
    const reliable = status > 100 && status < 200 && chance.happens(0.4);
    const fork = chance.between(0, forks - 1);
    responses.push({ afterMs, status, sdp, reliable, fork, extra });
  };
  const silent = chance.happens(0.05);
  const session = sessionHabits(chance, [90, 120, 1800]);
  if (!silent && chance.happens(0.8)) say(chance.between(0, 400), 100);
  if (!silent) {
    const provisional = chance.between(0, 3);
    for (let i = 0; i < provisional; i++) {
      say(chance.between(0, 3000), chance.pick([180, 180, 183, 183, 181, 182, 199]));
    }
  }
  const outcome = chance.between(0, 99);
  if (!silent && outcome < 60) say(chance.between(0, 6000), 200);
  else if (!silent && outcome < 90) {
    const status = chance.pick(FAILURES);
    const target = `${VENDOR_NET}${chance.between(1, vendors)}`;
    const contact = status < 400 ? `Contact: <sip:${target}:5060>\r\n` : '';
    say(
      chance.between(0, 6000),
      status,
      `${contact}Reason: Q.850;cause=34;text="${VENDOR_MARK}"\r\n`,
    );
  }
  return {
    responses,
    secondAnswerAfterMs: forks > 1 && chance.happens(0.4) ? chance.between(0, 3000) : null,
    answersCancel: chance.happens(0.2),
    byeAfterMs: chance.happens(session === null ? 0.4 : 0.2) ? chance.between(0, 20_000) : null,
    actions: actions(chance),
    session,
    minSeS: chance.happens(0.2) ? 150 : 0,
  };
}
