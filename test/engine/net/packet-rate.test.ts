// Gathering: only above the rate, one look per period, never beyond the caller's limit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherEvery, PacketRate } from '../../../engine/net/packet-rate.ts';

test('packets are gathered while the rate is high and taken at once when it is low', () => {
  const rate = new PacketRate({ abovePerSecond: 500, periodMs: 1 });
  assert.equal(rate.delayMs(1000, 1000, 100), 0, 'nothing is known yet');
  rate.count(50);
  assert.equal(rate.delayMs(1100, 1100, 100), 2, '50 in 100 ms');
  assert.equal(rate.delayMs(1101, 1100.5, 100), 1.5, 'work counts towards the period');
  assert.equal(rate.delayMs(1101, 1098.9, 100), 0, 'longer work than the period');
  assert.equal(rate.delayMs(1101, 1101, 0.25), 0.25, 'a timer is due earlier');
  assert.equal(rate.delayMs(1101, 1101, 0), 0, 'only a look');
  assert.equal(rate.delayMs(1199, 1199, 100), 2, 'one turn without packets is no lower rate');
  rate.count(49);
  assert.equal(rate.delayMs(1200, 1200, 100), 0, '49 in 100 ms');
});

test('unless told otherwise: from 2000 packets/s on, every 20 to 40 ms', () => {
  for (const rate of [new PacketRate(), new PacketRate(gatherEvery(20))]) {
    const delays = [199, 200, 320, 400, 640, 5000].map((packets, i) => {
      const windowMs = 1000 + i * 100;
      rate.delayMs(windowMs, windowMs, 100);
      rate.count(packets);
      return rate.delayMs(windowMs + 100, windowMs + 100, 100);
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
