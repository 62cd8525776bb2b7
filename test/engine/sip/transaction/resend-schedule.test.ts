// SS_SIP_RESEND_INTERVAL as timers A, B, E, F, G, H.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  resendSchedule,
  usedUp,
  waitAfter,
} from '../../../../engine/sip/transaction/resend-schedule.ts';

test('the default list sends eleven times and gives up after 64 T1', () => {
  const schedule = resendSchedule([0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4]);
  assert.equal(schedule.giveUpMs, 32_000);
  const waits: number[] = [];
  let sent = 1;
  for (; !usedUp(schedule, sent); sent++) waits.push(waitAfter(schedule, sent));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000]);
  assert.equal(waitAfter(schedule, sent), 500);
});

test('fractions of a second are kept to the millisecond', () => {
  assert.deepEqual(resendSchedule([0.1, 0.25]).waitsMs, [100, 250]);
  assert.equal(resendSchedule([0.1, 0.25]).giveUpMs, 450);
});
