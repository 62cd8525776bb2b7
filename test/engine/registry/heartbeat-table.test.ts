// What the pacer sees of the location table: terminals behind NAT whose registration runs, at the
// address that their REGISTER came from, over all regions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeartbeatTable } from '../../../engine/registry/heartbeat-table.ts';
import { createLocationTable, Kind } from '../../../engine/registry/location-layout.ts';
import { LocationWriter } from '../../../engine/registry/location-writer.ts';
import type { Registration } from '../../../engine/registry/registration.ts';

const NOW_MS = 1_800_000_000_000;

function registration(aor: string, changes: Partial<Registration> = {}): Registration {
  return {
    aor,
    kind: Kind.Phone,
    contact: `sip:${aor}@10.0.0.1`,
    source: [2, Number(aor), 0, 0, 0, 0],
    local: 0,
    behindNat: true,
    registeredAtMs: NOW_MS,
    refreshedAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 300_000,
    q: 1000,
    callId: 'c',
    cseq: 1,
    userAgent: '',
    path: '',
    ...changes,
  };
}

function fixture(regions: number): {
  writers: LocationWriter[];
  table: HeartbeatTable;
  sent: string[];
  time: { wallMs: number };
} {
  const memory = createLocationTable(64, regions);
  const writers = Array.from({ length: regions }, (_, i) => new LocationWriter(memory, i));
  const sent: string[] = [];
  const time = { wallMs: NOW_MS };
  const push = (local: number, words: Uint32Array): boolean => {
    if (local === 9) return false;
    sent.push(`${local}:${[...words].join()}`);
    return true;
  };
  const clock = { wallMs: () => time.wallMs, monoMs: () => 0 };
  return { writers, table: new HeartbeatTable(memory, { push }, clock), sent, time };
}

function pingAll(table: HeartbeatTable): number {
  let count = 0;
  for (let place = 0; place < table.size; place++) if (table.ping(place)) count++;
  return count;
}

test('only terminals behind NAT, each at its address and listen address', () => {
  const { writers, table, sent } = fixture(1);
  writers[0]!.put(registration('100', { source: [0x1234_0002, 7, 0, 0, 0, 0], local: 1 }));
  writers[0]!.put(registration('101', { behindNat: false }));
  writers[0]!.put(registration('102', { source: [0x1234_000a, 1, 2, 3, 4, 5] }));
  assert.equal(table.total, 2);
  assert.equal(table.count(0, table.size), 2);
  assert.equal(pingAll(table), 2);
  assert.deepEqual(sent, [`1:305397762,7,0,0,0,0`, `0:305397770,1,2,3,4,5`]);
});

test('what has expired or was removed gets nothing more, before any sweep', () => {
  const { writers, table, time } = fixture(1);
  const writer = writers[0]!;
  const first = writer.put(registration('100'));
  writer.put(registration('101', { expiresAtMs: NOW_MS + 10_000 }));
  assert.equal(pingAll(table), 2);
  time.wallMs = NOW_MS + 10_000;
  assert.equal(pingAll(table), 1);
  assert.equal(table.count(0, table.size), 1);
  writer.remove(first);
  assert.equal(pingAll(table), 0);
});

test('a device keeps its place when it registers again, from a new address too', () => {
  const { writers, table, sent } = fixture(1);
  const place = writers[0]!.put(registration('100'));
  writers[0]!.put(registration('101'));
  writers[0]!.put(registration('100', { source: [2, 555, 0, 0, 0, 0] }));
  assert.equal(table.ping(place), true);
  assert.deepEqual(sent, ['0:2,555,0,0,0,0']);
});

test('all regions are one row of places; a part of it is counted exactly', () => {
  const { writers, table } = fixture(3);
  let put = 0;
  for (let i = 0; i < 40; i++) {
    const aor = String(100 + i);
    if (writers[table.regionOf(aor)]!.put(registration(aor)) >= 0) put++;
  }
  assert.equal(put, 40);
  assert.equal(table.count(0, table.size), 40);
  const middle = Math.floor(table.size / 2);
  assert.equal(table.count(0, middle) + table.count(middle, table.size), 40);
  assert.equal(pingAll(table), 40);
});

test('a device that nothing can be sent to does not count as reached', () => {
  const { writers, table } = fixture(1);
  writers[0]!.put(registration('100', { local: 9 }));
  assert.equal(pingAll(table), 0);
});

test('a record whose writer died in the middle of it is passed over, not waited for', () => {
  const { writers, table } = fixture(1);
  const place = writers[0]!.put(registration('100'));
  const torn = new (class extends HeartbeatTable {
    tear(record: number): void {
      Atomics.add(this.words, this.lockOf(record), 1);
    }
  })(tableMemory(writers[0]!), { push: () => true }, { wallMs: () => NOW_MS, monoMs: () => 0 });
  torn.tear(place);
  assert.equal(table.ping(place), false);
});

function tableMemory(writer: LocationWriter): SharedArrayBuffer {
  return (writer as unknown as { words: Int32Array }).words.buffer as SharedArrayBuffer;
}
