// States of gateways: what keeps calls away and for how long, publications by entity-tag, and that
// a slot's next owner inherits nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Bar,
  Publication,
  Reachability,
  Registration,
} from '../../../engine/base/gateway-states.ts';
import { createGatewayStates, SharedGatewayStates } from '../../../engine/shm/gateway-states.ts';

const NOW = 1_790_000_000_000;
const SLOT = 17;
const { Presence, Capacity } = Publication;

function twoThreads(): [SharedGatewayStates, SharedGatewayStates] {
  const memory = createGatewayStates(32);
  return [new SharedGatewayStates(memory), new SharedGatewayStates(memory)];
}

test('nothing known keeps no calls away, but where a registration is needed', () => {
  const [a] = twoThreads();
  assert.equal(a.barOf(SLOT, false, NOW), Bar.None);
  assert.equal(a.barOf(SLOT, true, NOW), Bar.Unregistered);
  assert.equal(a.capacityOf(SLOT, 12, NOW), 12);
});

test('a registration counts until its end, for all threads', () => {
  const [a, b] = twoThreads();
  a.setRegistration(SLOT, Registration.Registered, 200, NOW + 60_000);
  assert.equal(b.barOf(SLOT, true, NOW + 59_999), Bar.None);
  assert.equal(b.barOf(SLOT, true, NOW + 60_000), Bar.Unregistered);
  assert.equal(b.barOf(SLOT + 1, true, NOW), Bar.Unregistered, 'of another slot');
  assert.equal(b.view(SLOT, NOW).registeredUntilMs, NOW + 60_000);
  assert.equal(b.view(SLOT, NOW + 60_000).registration, Registration.Failed);
});

test('down, up again; the latency is kept to the microsecond', () => {
  const [a, b] = twoThreads();
  a.setReachability(SLOT, Reachability.Down);
  a.setRegistration(SLOT, Registration.Registered, 200, NOW + 60_000);
  assert.equal(b.barOf(SLOT, true, NOW), Bar.Down);
  a.setReachability(SLOT, Reachability.Up);
  assert.equal(b.barOf(SLOT, true, NOW), Bar.None);
  assert.equal(b.view(SLOT, NOW).latencyMs, null);
  a.setLatency(SLOT, 12.345, NOW);
  assert.equal(b.view(SLOT, NOW).latencyMs, 12.345);
  assert.equal(b.view(SLOT, NOW).answeredAtMs, NOW);
});

test('Retry-After runs out; a shorter one does not end a longer one', () => {
  const [a, b] = twoThreads();
  a.retryAfter(SLOT, NOW + 30_000);
  b.retryAfter(SLOT, NOW + 5000);
  assert.equal(a.barOf(SLOT, false, NOW + 29_000), Bar.RetryAfter);
  assert.equal(a.view(SLOT, NOW).retryAfterUntilMs, NOW + 30_000);
  assert.equal(a.barOf(SLOT, false, NOW + 30_000), Bar.None);
  assert.equal(a.view(SLOT, NOW + 30_000).retryAfterUntilMs, 0);
});

test('a published capacity lowers the configured one and never raises it, until it expires', () => {
  const [a, b] = twoThreads();
  const until = NOW + 300_000;
  assert.ok(a.publish(SLOT, Capacity, 0, 5, { open: true, capacity: 10 }, until, NOW));
  assert.equal(b.capacityOf(SLOT, 30, NOW), 10);
  assert.equal(b.capacityOf(SLOT, 3, NOW), 3);
  assert.equal(b.barOf(SLOT, false, NOW), Bar.None);
  assert.deepEqual(b.view(SLOT, NOW).published, { open: true, capacity: 10, untilMs: until });
  assert.equal(b.capacityOf(SLOT, 30, until), 30);
  assert.equal(b.view(SLOT, until).published, null);
});

test('capacity 0, or closed in either publication, keeps calls away', () => {
  const [a] = twoThreads();
  const until = NOW + 300_000;
  a.publish(SLOT, Capacity, 0, 5, { open: true, capacity: 0 }, until, NOW);
  assert.equal(a.barOf(SLOT, false, NOW), Bar.Closed);
  a.publish(SLOT, Capacity, 5, 6, { open: true, capacity: null }, until, NOW);
  assert.equal(a.barOf(SLOT, false, NOW), Bar.None);
  a.publish(SLOT, Presence, 0, 7, { open: false, capacity: null }, until, NOW);
  assert.equal(a.barOf(SLOT, false, NOW), Bar.Closed);
  assert.ok(a.unpublish(SLOT, Presence, 7, NOW));
  assert.equal(a.barOf(SLOT, false, NOW), Bar.None);
});

test('an entity-tag must be in force: not replaced, not expired, of this kind', () => {
  const [a] = twoThreads();
  const until = NOW + 10_000;
  a.publish(SLOT, Capacity, 0, 5, { open: true, capacity: 4 }, until, NOW);
  assert.equal(a.publish(SLOT, Capacity, 9, 6, null, until, NOW), false);
  assert.equal(a.publish(SLOT, Presence, 5, 6, null, until, NOW), false);
  assert.ok(a.publish(SLOT, Capacity, 5, 6, null, until + 10_000, NOW), 'a refresh');
  assert.equal(a.capacityOf(SLOT, 30, until), 4, 'it keeps what was said');
  assert.equal(a.unpublish(SLOT, Capacity, 5, NOW), false, 'the old tag');
  assert.equal(a.publish(SLOT, Capacity, 6, 7, null, until + 20_000, until + 10_000), false);
  assert.ok(a.publish(SLOT, Capacity, 0, 8, { open: true, capacity: 2 }, until, NOW));
});

test('cleared, a slot says nothing; its neighbours keep theirs', () => {
  const [a] = twoThreads();
  const fresh = a.view(SLOT, NOW);
  for (const slot of [SLOT, SLOT + 1]) {
    a.setReachability(slot, Reachability.Down);
    a.setLatency(slot, 1, NOW);
    a.retryAfter(slot, NOW + 9000);
    a.publish(slot, Capacity, 0, 5, { open: false, capacity: 4 }, NOW + 9000, NOW);
    a.setRegistration(slot, Registration.Registered, 200, NOW + 9000);
  }
  a.clear(SLOT);
  assert.deepEqual(a.view(SLOT, NOW), fresh);
  assert.equal(a.barOf(SLOT, false, NOW), Bar.None);
  assert.equal(a.barOf(SLOT + 1, false, NOW), Bar.Down);
});
