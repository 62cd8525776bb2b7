// The history is bounded: of each section the newest changes stay.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readChanges } from '../../../engine/store/changes.ts';
import { openStore, storeFolder } from './stores.ts';

test('the oldest changes of a section go, a tenth of the limit at once; others stay', async (t) => {
  const store = await openStore(t, join(storeFolder(t), 'tandem.db'), { maxChanges: 100 });
  const change = (section: 'parameter' | 'phone', first: number, count: number): Promise<void> =>
    store.change({ user: 'ann' }, async (edit) => {
      for (let i = first; i < first + count; i++) await edit.set(section, `n${i}`, { i });
    });
  const kept = async (section: string): Promise<number[]> => {
    const rows = await readChanges(store.db, { section }, 10_000);
    return rows.map(({ name }) => Number(name.slice(1)));
  };
  await change('parameter', 0, 3);
  await change('phone', 0, 110);
  assert.equal((await kept('phone')).length, 110, 'some more may stand');
  await change('phone', 110, 1);
  const phones = await kept('phone');
  assert.deepEqual([phones.length, phones[0], phones.at(-1)], [100, 110, 11]);
  await change('phone', 1000, 5000);
  assert.deepEqual([(await kept('phone')).at(-1), await kept('parameter')], [5900, [2, 1, 0]]);
});
