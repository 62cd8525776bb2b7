// The checks whether terminals can be reached, in virtual time: how often, how evenly, what silence
// and answers do, and that registrations that come, go or refresh do not mislead them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { C } from '../../../engine/base/counter-names.ts';
import { CheckTable } from '../../../engine/registry/check-table.ts';
import { createLocationTable, Kind } from '../../../engine/registry/location-layout.ts';
import { LocationWriter } from '../../../engine/registry/location-writer.ts';
import { Reachability } from '../../../engine/registry/reachability.ts';

const WALL_MS = 1_800_000_000_000;

interface Ask {
  readonly atMs: number;
  readonly record: number;
}

class Fixture {
  nowMs = 0;
  readonly writer: LocationWriter;
  readonly table: CheckTable;
  readonly asks: Ask[] = [];
  readonly counts = new Map<number, number>();
  readonly checks: Reachability;
  /** What a terminal that is asked does. */
  reply: (record: number) => void = () => undefined;

  constructor(seconds = 60, regions = 1, region = 0) {
    const memory = createLocationTable(5000, regions);
    this.writer = new LocationWriter(memory, region);
    this.table = new CheckTable(memory);
    this.checks = new Reachability(
      {
        locations: this.table,
        region,
        clock: { monoMs: () => this.nowMs, wallMs: () => WALL_MS + this.nowMs },
        counters: {
          add: (index, n) => this.counts.set(index, (this.counts.get(index) ?? 0) + n),
          set: () => undefined,
        },
        ask: (record) => {
          this.asks.push({ atMs: this.nowMs, record });
          this.reply(record);
        },
      },
      seconds,
    );
  }

  register(aor: string, agoMs = 1e6, expiresMs = 1e9): number {
    const nowMs = WALL_MS + this.nowMs;
    return this.writer.put({
      aor,
      kind: Kind.Phone,
      contact: `sip:${aor}@10.0.0.1`,
      source: [2, 1, 0, 0, 0, 0],
      local: 0,
      behindNat: true,
      registeredAtMs: nowMs - agoMs,
      refreshedAtMs: nowMs - agoMs,
      expiresAtMs: nowMs + expiresMs,
      q: 1000,
      callId: 'c',
      cseq: 1,
      userAgent: '',
      path: '',
    });
  }

  run(ms: number, turnMs = 20): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + turnMs);
      this.checks.advance();
    }
  }

  asksOf(record: number): number[] {
    return this.asks.filter((ask) => ask.record === record).map(({ atMs }) => atMs);
  }
}

test('each terminal that answers is asked once in the time, evenly spread', () => {
  const fixture = new Fixture(60);
  for (let i = 0; i < 3000; i++) fixture.register(String(1000 + i));
  fixture.reply = (record) => {
    fixture.checks.answered(record);
  };
  fixture.run(60_000);
  assert.ok(Math.abs(fixture.asks.length - 3000) <= 1, String(fixture.asks.length));
  assert.equal(new Set(fixture.asks.map(({ record }) => record)).size, fixture.asks.length);
  fixture.run(120_000);
  assert.ok(Math.abs(fixture.asks.length - 9000) <= 1, String(fixture.asks.length));
  for (let second = 0; second < 180; second++) {
    const from = second * 1000;
    const count = fixture.asks.filter(({ atMs }) => atMs > from && atMs <= from + 1000).length;
    assert.ok(count >= 48 && count <= 52, `${count} in second ${second}`);
  }
  assert.equal(fixture.counts.get(C.terminalChecksAnswered), fixture.asks.length);
});

test('silence: asked again as by Timer E, then unreachable; still asked; an answer heals', () => {
  const fixture = new Fixture(60);
  const record = fixture.register('100');
  fixture.run(75_000);
  const first = fixture.asksOf(record)[0]!;
  assert.deepEqual(
    fixture.asksOf(record).map((atMs) => atMs - first),
    [0, 500, 1500, 3500],
  );
  assert.equal(fixture.table.isReachable(record), false);
  assert.equal(fixture.counts.get(C.terminalsLost), 1);
  fixture.run(60_000);
  assert.equal(fixture.asksOf(record).length, 8, 'the next check');
  assert.equal(fixture.counts.get(C.terminalsLost), 1, 'lost only once');
  fixture.checks.answered(record);
  assert.equal(fixture.table.isReachable(record), true);
});

test('before the verdict nobody is marked', () => {
  const fixture = new Fixture(60);
  const record = fixture.register('100');
  fixture.run(60_000 + 7400);
  assert.equal(fixture.asksOf(record).length, 4);
  assert.equal(fixture.table.isReachable(record), true);
  fixture.run(200);
  assert.equal(fixture.table.isReachable(record), false);
});

test('an answer to a repeated request ends the check', () => {
  const fixture = new Fixture(60);
  const record = fixture.register('100');
  let asks = 0;
  fixture.reply = () => {
    if (++asks === 2) fixture.checks.answered(record);
  };
  fixture.run(80_000);
  assert.equal(asks, 2);
  assert.equal(fixture.table.isReachable(record), true);
});

test('a REGISTER while asked ends the check, and makes reachable again afterwards', () => {
  const fixture = new Fixture(60);
  const record = fixture.register('100');
  fixture.run(60_700);
  assert.equal(fixture.asks.length, 2);
  assert.equal(fixture.register('100', 0), record);
  fixture.run(20_000);
  assert.equal(fixture.asks.length, 2);
  assert.equal(fixture.table.isReachable(record), true);
  fixture.run(120_000);
  assert.equal(fixture.table.isReachable(record), false);
  fixture.register('100', 0);
  assert.equal(fixture.table.isReachable(record), true);
});

test('who was heard of in the last half of the time is not asked', () => {
  const fixture = new Fixture(60);
  const record = fixture.register('100', 0);
  for (let i = 0; i < 12; i++) {
    fixture.run(20_000);
    fixture.register('100', 0);
  }
  assert.deepEqual(fixture.asksOf(record), []);
});

test('what has ended is not asked, nor is its successor in the record marked for it', () => {
  const fixture = new Fixture(60);
  const record = fixture.register('100');
  const ending = fixture.register('101', 1e6, 30_000);
  fixture.run(60_100);
  assert.deepEqual(fixture.asksOf(ending), []);
  const asked = fixture.asksOf(record).length;
  assert.ok(asked > 0);
  fixture.writer.remove(record);
  assert.equal(fixture.register('102', 0), record);
  fixture.run(10_000);
  assert.equal(fixture.asksOf(record).length, asked);
  assert.equal(fixture.table.isReachable(record), true);
});

test('a new value of the parameter acts at once', () => {
  const fixture = new Fixture(3600);
  const record = fixture.register('100');
  fixture.reply = () => {
    fixture.checks.answered(record);
  };
  fixture.run(60_000);
  assert.deepEqual(fixture.asksOf(record), []);
  fixture.checks.seconds = 10;
  fixture.run(60_000);
  const asks = fixture.asksOf(record).length;
  assert.ok(asks >= 5 && asks <= 7, String(asks));
});

test('a shard that stood still for a minute does not ask everybody at once', () => {
  const fixture = new Fixture(60);
  for (let i = 0; i < 3000; i++) fixture.register(String(1000 + i));
  fixture.run(1000);
  const before = fixture.asks.length;
  fixture.run(60_000, 60_000);
  assert.ok(fixture.asks.length - before <= 50 + 50 * 3, String(fixture.asks.length - before));
});

test('only the records of its own region', () => {
  const fixture = new Fixture(10, 3, 1);
  let own = 0;
  for (let i = 0; i < 300; i++) {
    const aor = String(1000 + i);
    if (fixture.table.regionOf(aor) === 1 && fixture.register(aor) >= 0) own++;
  }
  fixture.reply = (record) => {
    fixture.checks.answered(record);
  };
  fixture.run(10_000);
  assert.ok(own > 50 && Math.abs(fixture.asks.length - own) <= 1);
});
