// What main writes of the location table, and the table filled again from it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  LocationJournal,
  restoreRegistrations,
} from '../../../engine/registry/location-journal.ts';
import { createLocationTable } from '../../../engine/registry/location-layout.ts';
import { LocationTable } from '../../../engine/registry/location-table.ts';
import { LocationWriter } from '../../../engine/registry/location-writer.ts';
import { registration } from './registrations.ts';

test('each change is told once; what was freed is told as free', () => {
  const memory = createLocationTable(8, 2);
  const journal = new LocationJournal(memory);
  const writers = [new LocationWriter(memory, 0), new LocationWriter(memory, 1)];
  const put = (aor: string): number =>
    writers[writers[0]!.regionOf(aor)]!.put(registration({ aor }));
  const records = ['1', '2', '3'].map(put);
  const first = journal.changes(10);
  assert.deepEqual(first.map(({ registration: r }) => r?.aor).sort(), ['1', '2', '3']);
  assert.deepEqual(journal.changes(10), []);
  writers[writers[0]!.regionOf('2')]!.remove(records[1]!);
  put('3');
  const second = journal.changes(10);
  assert.equal(second.length, 2);
  assert.equal(second.find(({ record }) => record === records[1])?.registration, null);
});

test('a limit leaves the rest for the next time', () => {
  const memory = createLocationTable(8, 1);
  const journal = new LocationJournal(memory);
  const writer = new LocationWriter(memory, 0);
  for (let i = 0; i < 5; i++) writer.put(registration({ aor: String(i) }));
  assert.deepEqual(
    [3, 3, 3].map((limit) => journal.changes(limit).length),
    [3, 2, 0],
  );
});

test('after a restart with another number of shards all are found, but what has expired', () => {
  const memory = createLocationTable(64, 3);
  const all = Array.from({ length: 20 }, (_, i) =>
    registration({ aor: String(i), expiresAtMs: i < 5 ? 1000 : 9000 }),
  );
  assert.equal(restoreRegistrations(memory, all, 1000), 15);
  const table = new LocationTable(memory);
  assert.equal(table.lookUp('4', 0).length, 0);
  assert.deepEqual(table.lookUp('7', 0), [all[7]]);
});
