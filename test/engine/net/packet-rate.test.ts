// Gathering: only above the rate, one look per period, never beyond the caller's limit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherEvery, PacketRate } from '../../../engine/net/packet-rate.ts';

test('packets are gathered while the rate is high and taken at once when it is low', () => {
  const rate = new PacketRate({ abovePerSecond: 500, periodMs: 1 });
  assert.equal(rate.delayMs(1000, 1000, 100), 0, 'nothing is known yet');
  rate.count(10);
  assert.equal(rate.delayMs(1020, 1020, 100), 2, '10 in 20 ms');
  assert.equal(rate.delayMs(1021, 1020.5, 100), 1.5, 'work counts towards the period');
  assert.equal(rate.delayMs(1021, 1018.9, 100), 0, 'longer work than the period');
  assert.equal(rate.delayMs(1021, 1021, 0.25), 0.25, 'a timer is due earlier');
  assert.equal(rate.delayMs(1021, 1021, 0), 0, 'only a look');
  rate.count(9);
  assert.equal(rate.delayMs(1040, 1040, 100), 0, '9 in 20 ms');
});

test('unless told otherwise: from 2000 packets/s on, every 20 to 40 ms', () => {
  for (const rate of [new PacketRate(), new PacketRate(gatherEvery(20))]) {
    const delays = [39, 40, 64, 80, 128, 1000].map((packets, i) => {
      const windowMs = 1000 + i * 20;
      rate.delayMs(windowMs, windowMs, 100);
      rate.count(packets);
      return Math.round(rate.delayMs(windowMs + 20, windowMs + 20, 100));
    });
    // Below, each is taken at once; above, a turn that would bring less than 128 waits for more.
    assert.deepEqual(delays, [0, 40, 40, 32, 20, 20]);
  }
});

test('a period of 0 never gathers', () => {
  const rate = new PacketRate(gatherEvery(0));
  assert.equal(rate.delayMs(1000, 1000, 100), 0);
  rate.count(1e6);
  assert.equal(rate.delayMs(1020, 1020, 100), 0);
  // Not for lack of a period alone: the work since the last look does not count.
  assert.equal(gatherEvery(0).abovePerSecond, Infinity);
});
