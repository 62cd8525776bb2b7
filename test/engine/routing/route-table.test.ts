// The order of vendors: longest prefix, priority, load, name; each once; locked ones never.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Bar,
  Publication,
  Reachability,
  Registration,
} from '../../../engine/base/gateway-states.ts';
import { MAX_CANDIDATES, RouteTable } from '../../../engine/routing/route-table.ts';
import type { RouteCandidate } from '../../../engine/routing/route-table.ts';
import { freshStates, gatesWith, snapshotOf } from './fixtures.ts';
import type { TestRoute } from './fixtures.ts';

function route(name: string, prefixes: string[], given: Partial<TestRoute['gateway']> = {}) {
  return { gateway: { name, ...given }, prefixes };
}

function order(
  routes: readonly TestRoute[],
  callee: string,
  calls: ReadonlyMap<number, number> = new Map(),
): string[] {
  const out: RouteCandidate[] = [];
  const count = new RouteTable(snapshotOf(routes), gatesWith(calls), freshStates()).candidates(
    callee,
    0,
    out,
  );
  return out.slice(0, count).map(({ gateway, prefix }) => `${gateway.name}/${prefix}`);
}

test('longest prefix first, then priority, then load, then name', () => {
  const routes = [
    route('b', ['44', '4420']),
    route('a', ['44']),
    route('urgent', ['44'], { priority: 0 }),
    route('late', ['4420'], { priority: 9 }),
    route('all', ['']),
    route('other', ['49']),
  ];
  assert.deepEqual(order(routes, '442071234567'), [
    'b/4420',
    'late/4420',
    'urgent/44',
    'a/44',
    'all/',
  ]);
  const busy = new Map([[17, 50]]); // a: 50 of 100
  assert.deepEqual(order([route('b', ['1']), route('a', ['1'])], '1', busy), ['b/1', 'a/1']);
});

test('load is calls by capacity, read at each query', () => {
  const calls = new Map([
    [16, 30],
    [17, 5],
  ]);
  const snapshot = snapshotOf([
    route('big', ['1'], { capacity: 1000 }),
    route('small', ['1'], { capacity: 10 }),
  ]);
  const table = new RouteTable(snapshot, gatesWith(calls), freshStates());
  const out: RouteCandidate[] = [];
  table.candidates('1', 0, out);
  assert.deepEqual(
    out.map((c) => c.gateway.name),
    ['big', 'small'],
  );
  calls.set(17, 0);
  const [first, second] = out;
  table.candidates('1', 0, out);
  assert.deepEqual(
    out.map((c) => c.gateway.name),
    ['small', 'big'],
  );
  assert.deepEqual(new Set(out), new Set([first, second]), 'the objects are reused');
});

test('a + is skipped, matching ends at the first character that is no digit', () => {
  const routes = [route('uk', ['44', '4420'])];
  assert.deepEqual(order(routes, '+442'), ['uk/44']);
  assert.deepEqual(order(routes, '44*20'), ['uk/44']);
  assert.deepEqual(order(routes, '4'), []);
  assert.deepEqual(order(routes, ''), []);
  assert.deepEqual(order(routes, '++44'), []);
  assert.deepEqual(order([route('all', [''])], 'alice'), ['all/']);
});

test('locked gateways are left out', () => {
  assert.deepEqual(order([route('a', ['1'], { locked: true }), route('b', ['1'])], '12'), ['b/1']);
});

test('of more than MAX_CANDIDATES equals the least loaded are kept', () => {
  const routes = Array.from({ length: 300 }, (_, i) => route(`g${i}`, ['7']));
  const calls = new Map(routes.map((_, i) => [16 + i, (i * 7919) % 300]));
  const names = order(routes, '7', calls);
  const expected = routes
    .map(({ gateway }, i) => ({ name: gateway.name, load: calls.get(16 + i)! }))
    .sort((a, b) => a.load - b.load)
    .slice(0, MAX_CANDIDATES)
    .map(({ name }) => `${name}/7`);
  assert.deepEqual(names, expected);
});

test('a number of more digits than the longest prefix is matched, not read beyond', () => {
  const longest = '1'.repeat(32);
  assert.deepEqual(order([route('a', [longest, ''])], '1'.repeat(60)), [`a/${longest}`]);
  assert.throws(() => order([route('a', ['1'.repeat(33)])], '1'), RangeError);
});

test('agrees with a naive model', () => {
  const digits = fc.string({ unit: fc.constantFrom('1', '2'), maxLength: 5 });
  const gateway = fc.record({
    prefixes: fc.array(digits, { minLength: 1, maxLength: 4 }),
    priority: fc.integer({ min: 0, max: 2 }),
    capacity: fc.integer({ min: 0, max: 5 }),
    calls: fc.integer({ min: 0, max: 5 }),
    locked: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(gateway, { maxLength: 20 }), digits, (given, callee) => {
      const routes = given.map(({ prefixes, priority, capacity, locked }, i) =>
        route(`g${i}`, prefixes, { priority, capacity, locked }),
      );
      const calls = new Map(given.map((g, i) => [16 + i, g.calls]));
      const expected = given
        .map((g, i) => ({
          name: `g${i}`,
          priority: g.priority,
          load: g.capacity === 0 ? 1e9 : g.calls / g.capacity,
          locked: g.locked,
          prefix: g.prefixes
            .filter((prefix) => callee.startsWith(prefix))
            .reduce<string | null>((a, b) => (a !== null && a.length >= b.length ? a : b), null),
        }))
        .flatMap((g) => (g.locked || g.prefix === null ? [] : [{ ...g, prefix: g.prefix }]))
        .sort(
          (a, b) =>
            b.prefix.length - a.prefix.length ||
            a.priority - b.priority ||
            a.load - b.load ||
            (a.name < b.name ? -1 : 1),
        )
        .map(({ name, prefix }) => `${name}/${prefix}`);
      assert.deepEqual(order(routes, callee, calls), expected);
    }),
    { numRuns: 1000 },
  );
});

test('gateways whose state keeps calls away are left out and counted, each once', () => {
  const states = freshStates();
  const table = new RouteTable(
    snapshotOf([
      route('down', ['1', '12']),
      route('away', ['1'], { registerType: 'register-out' }),
      route('paused', ['1']),
      route('closed', ['1']),
      route('well', ['1']),
    ]),
    gatesWith(new Map()),
    states,
  );
  const open = { open: true, capacity: 0 };
  states.setReachability(16, Reachability.Down);
  states.retryAfter(18, 2000);
  states.publish(19, Publication.Capacity, 0, 1, open, 2000, 1000);
  const names = (nowMs: number): string[] => {
    const out: RouteCandidate[] = [];
    const found = table.candidates('123', nowMs, out);
    return out.slice(0, found).map(({ gateway }) => gateway.name);
  };
  assert.deepEqual(names(1000), ['well']);
  assert.deepEqual([...table.barred], [0, 1, 1, 1, 1]);
  assert.equal(table.firstBar, Bar.Down);
  states.setReachability(16, Reachability.Up);
  states.setRegistration(17, Registration.Registered, 200, 9000);
  assert.deepEqual(names(2000), ['down', 'away', 'closed', 'paused', 'well']);
  assert.equal(table.firstBar, Bar.None);
  assert.deepEqual([...table.barred], [0, 0, 0, 0, 0]);
});

test('load is by the published capacity where that is the smaller', () => {
  const states = freshStates();
  const calls = new Map([
    [16, 4],
    [17, 2],
  ]);
  const table = new RouteTable(
    snapshotOf([route('many', ['1']), route('few', ['1'])]),
    gatesWith(calls),
    states,
  );
  states.publish(17, Publication.Capacity, 0, 1, { open: true, capacity: 3 }, 9000, 1000);
  const out: RouteCandidate[] = [];
  table.candidates('1', 1000, out);
  assert.deepEqual(
    out.map(({ gateway }) => gateway.name),
    ['many', 'few'],
  );
});
