// The writing end of the location table: against a Map over random operations, its limits, what a
// writer that died leaves, and readers in other threads while it writes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import {
  Away,
  createLocationTable,
  Kind,
  MAX_TEXT_BYTES,
  placesIn,
} from '../../../engine/registry/location-layout.ts';
import { LocationTable } from '../../../engine/registry/location-table.ts';
import {
  LocationWriter,
  TABLE_FULL,
  TEXT_TOO_LONG,
} from '../../../engine/registry/location-writer.ts';
import type { Registration } from '../../../engine/registry/registration.ts';
import { registration } from './registrations.ts';

const NOW = 1_790_000_000_000;

test('any sequence of registrations, refreshes and ends leaves what a Map would hold', () => {
  const aor = fc.integer({ min: 0, max: 12 }).map((n) => `88017${n}`);
  const contact = fc.integer({ min: 0, max: 3 }).map((n) => `sip:${n}@10.0.0.${n}:5060`);
  const step = fc.record({
    aor,
    contact,
    end: fc.boolean(),
    nat: fc.boolean(),
    expiresIn: fc.integer({ min: -5, max: 5 }),
    sweep: fc.boolean(),
    reopen: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const memory = createLocationTable(24, 1);
      let writer = new LocationWriter(memory, 0);
      const model = new Map<string, Registration>();
      for (const { aor: user, contact: uri, end, nat, expiresIn, sweep, reopen } of steps) {
        const key = `${user} ${uri}`;
        if (end) {
          const record = writer.recordOf(user, uri);
          assert.equal(record >= 0, model.delete(key));
          if (record >= 0) writer.remove(record);
        } else {
          const expiresAtMs = NOW + expiresIn;
          const put = registration({ aor: user, contact: uri, behindNat: nat, expiresAtMs });
          const full = !model.has(key) && model.size === 24;
          assert.equal(writer.put(put) === TABLE_FULL, full);
          if (!full) model.set(key, put);
        }
        if (sweep) {
          writer.sweep(0, 1000, NOW);
          for (const [k, { expiresAtMs }] of model) if (expiresAtMs <= NOW) model.delete(k);
        }
        if (reopen) writer = new LocationWriter(memory, 0);
        assertHolds(new LocationTable(memory), model);
      }
    }),
    { numRuns: 60 },
  );
});

function assertHolds(table: LocationTable, model: ReadonlyMap<string, Registration>): void {
  const all = [...model.values()];
  assert.equal(table.registered, all.length);
  assert.equal(table.behindNat, all.filter(({ behindNat }) => behindNat).length);
  const inScan: (Registration | null)[] = [];
  table.scan(0, table.endOfRecords(0), (record) => inScan.push(table.read(record)));
  assert.deepEqual(inScan.map(keyOf).sort(), all.map(keyOf).sort());
  for (const { aor } of all) {
    const expected = all.filter((r) => r.aor === aor && r.expiresAtMs > NOW);
    const found = table.lookUp(aor, NOW);
    assert.deepEqual(found.sort(byContact), expected.sort(byContact));
  }
  assert.deepEqual(table.lookUp('nobody', NOW), []);
}

function keyOf(r: Registration | null): string {
  return `${r?.aor} ${r?.contact}`;
}

function byContact(a: Registration, b: Registration): number {
  return a.contact < b.contact ? -1 : 1;
}

test('a full region refuses, counts it, and takes what is freed', () => {
  const writer = new LocationWriter(createLocationTable(2, 1), 0);
  writer.put(registration({ aor: '1' }));
  const second = writer.put(registration({ aor: '2' }));
  assert.equal(writer.put(registration({ aor: '3' })), TABLE_FULL);
  assert.equal(writer.refused, 1);
  assert.ok(writer.put(registration({ aor: '2' })) >= 0, 'a refresh needs no room');
  writer.remove(second);
  assert.equal(writer.put(registration({ aor: '3' })), second);
});

test('texts that do not fit are refused, only the user agent is cut', () => {
  const writer = new LocationWriter(createLocationTable(4, 1), 0);
  assert.equal(writer.put(registration({ aor: 'a'.repeat(65) })), TEXT_TOO_LONG);
  const contact = `sip:${'c'.repeat(200)}`;
  const callId = 'i'.repeat(128);
  assert.equal(writer.put(registration({ contact, callId })), TEXT_TOO_LONG);
  const path = 'p'.repeat(200);
  const record = writer.put(
    registration({
      aor: '123',
      contact: 'c'.repeat(MAX_TEXT_BYTES - 3 - 4 - 20 - 200),
      callId: 'call',
      path,
      userAgent: 'u'.repeat(64),
    }),
  );
  assert.equal(writer.read(record)?.path, path);
  assert.equal(writer.read(record)?.userAgent, 'u'.repeat(20));
});

test('reachability is anybody’s to set; a REGISTER makes the device reachable again', () => {
  const memory = createLocationTable(4, 1);
  const writer = new LocationWriter(memory, 0);
  const record = writer.put(registration({}));
  const reader = new LocationTable(memory);
  reader.setAway(record, Away.Silent);
  assert.equal(writer.isReachable(record), false);
  writer.put(registration({}));
  assert.equal(reader.isReachable(record), true);
});

test('changes of gateways are seen by one number, those of phones do not change it', () => {
  const writer = new LocationWriter(createLocationTable(4, 1), 0);
  writer.put(registration({}));
  assert.equal(writer.gatewayChanges, 0);
  const record = writer.put(registration({ aor: 'acme', kind: Kind.MappingGateway }));
  const before = writer.gatewayChanges;
  assert.notEqual(before, 0);
  writer.remove(record);
  assert.notEqual(writer.gatewayChanges, before);
});

test('what a writer left half done is put in order by its successor', () => {
  const memory = createLocationTable(8, 1);
  const writer = new LocationWriter(memory, 0);
  const torn = writer.put(registration({ aor: '1' }));
  writer.put(registration({ aor: '2' }));
  const places = placesIn(memory);
  const words = new Int32Array(memory);
  Atomics.add(words, places.lock(0) + torn, 1);
  Atomics.add(words, places.head(0), 1);
  const successor = new LocationWriter(memory, 0);
  assert.deepEqual(successor.lookUp('1', NOW), []);
  assert.equal(successor.lookUp('2', NOW).length, 1);
  assert.equal(successor.registered, 1);
  assert.equal(successor.put(registration({ aor: '3' })), torn);
});

test('shards share the table: each AOR has its region', () => {
  const memory = createLocationTable(300, 3);
  const writers = [0, 1, 2].map((region) => new LocationWriter(memory, region));
  for (let i = 0; i < 300; i++) {
    const put = registration({ aor: `4420${i}` });
    assert.ok(writers[writers[0]!.regionOf(put.aor)]!.put(put) >= 0);
  }
  const reader = new LocationTable(memory);
  assert.equal(reader.registered, 300);
  for (let i = 0; i < 300; i++) assert.equal(reader.lookUp(`4420${i}`, NOW).length, 1);
});

test('readers in other threads never see a torn registration nor miss a lasting one', async () => {
  const memory = createLocationTable(64, 1);
  const tally = new SharedArrayBuffer(64);
  const writer = new LocationWriter(memory, 0);
  for (let i = 0; i < 8; i++) writer.put(registration({ aor: `fixed${i}` }));
  const workerData = { memory, tally, fixed: 8 };
  const readers = [0, 1].map(
    () => new Worker(new URL('./location-reader.thread.js', import.meta.url), { workerData }),
  );
  const exits = readers.map((reader) => once(reader, 'exit'));
  const words = new Int32Array(tally);
  while (Atomics.load(words, 0) < 2) await new Promise(setImmediate);
  let turns = 0;
  while (Atomics.load(words, 1) < 20_000) {
    for (let i = 0; i < 100; i++, turns++) {
      // Equal in all places: the reader compares them.
      const mark = String(turns % 1000)
        .padStart(3, '0')
        .repeat(1 + (turns % 5));
      const put = { aor: `moving${turns % 20}`, contact: mark, callId: mark, userAgent: mark };
      writer.put(registration({ ...put, q: mark.length, cseq: mark.length }));
      const gone = writer.recordsOf(`moving${(turns * 7) % 20}`);
      for (const record of gone) writer.remove(record);
    }
    await new Promise(setImmediate);
  }
  Atomics.store(words, 2, 1);
  assert.deepEqual(await Promise.all(exits), [[0], [0]]);
  assert.equal(words[3], 0, 'torn registrations seen');
  assert.equal(words[4], 0, 'lasting registrations missed');
});
