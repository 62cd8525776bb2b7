// One timer for all that main does again and again; it ends with the last of them.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Pace, TICK_MS } from '../../../engine/edge/pace.ts';

test('all is done in one tick, each at its pace, until it ends', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const pace = new Pace();
  const done: string[] = [];
  const endOften = pace.every(1, () => done.push('often'));
  const endSeldom = pace.every(3, () => done.push('seldom'));
  const ticks = (count: number): string => {
    done.length = 0;
    t.mock.timers.tick(count * TICK_MS);
    return done.join(' ');
  };
  assert.equal(ticks(3), 'often often often seldom');
  endOften();
  assert.equal(ticks(3), 'seldom');
  endOften();
  endSeldom();
  assert.equal(ticks(9), '');
  pace.every(2, () => done.push('again'));
  assert.equal(ticks(4), 'again again', 'it goes on after a pause');
});

test('one timer for all, none when nothing is left', (t) => {
  const started = mock.method(globalThis, 'setInterval');
  const ended = mock.method(globalThis, 'clearInterval');
  t.after(() => mock.restoreAll());
  const pace = new Pace();
  const ends = [1, 2, 5].map((ticks) => pace.every(ticks, () => undefined));
  assert.equal(started.mock.callCount(), 1);
  ends[0]!();
  ends[1]!();
  assert.equal(ended.mock.callCount(), 0);
  ends[2]!();
  assert.equal(ended.mock.callCount(), 1);
});
