// The store as a file: what is committed survives, other processes are seen, and each way in which
// it cannot be used has an error that says so.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ControlStore, storePath } from '../../../engine/store/control-store.ts';
import { readEntries } from '../../../engine/store/entries.ts';
import { openStore, storeFolder } from './stores.ts';

test('what one connection writes the other sees, and its data version tells', async (t) => {
  const path = storePath(storeFolder(t));
  const [one, other] = [await openStore(t, path), await openStore(t, path)];
  const before = other.dataVersion();
  assert.equal(other.dataVersion(), before);
  await one.change({ user: 'ann' }, (edit) => edit.set('parameter', 'SS_A', 7));
  assert.notEqual(other.dataVersion(), before);
  assert.deepEqual(await readEntries(other.db, 'parameter'), [{ name: 'SS_A', value: 7 }]);
});

test('passwords are in it: nobody else may read the file', async (t) => {
  const store = await openStore(t);
  for (const file of [store.path, `${store.path}-wal`]) {
    assert.equal(statSync(file).mode & 0o077, 0, file);
  }
});

test('a change that throws leaves nothing behind', async (t) => {
  const store = await openStore(t);
  const failing = store.change({ user: 'ann' }, async (edit) => {
    await edit.set('parameter', 'SS_A', 1);
    throw new RangeError('no');
  });
  await assert.rejects(failing, RangeError);
  assert.deepEqual(await readEntries(store.db, 'parameter'), []);
});

test('a change waits for another writer; when that takes too long it says so', async (t) => {
  const path = storePath(storeFolder(t));
  const one = await openStore(t, path);
  const other = await openStore(t, path);
  const impatient = await openStore(t, path, { patienceMs: 0 });
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let begun = (): void => undefined;
  const holds = new Promise<void>((resolve) => (begun = resolve));
  const first = one.transaction(async () => {
    begun();
    await released;
  });
  await holds;
  await assert.rejects(
    impatient.change({ user: 'ann' }, (edit) => edit.set('parameter', 'SS_A', 1)),
    { code: 'TDM_STORE_LOCKED' },
  );
  const second = other.change({ user: 'bob' }, (edit) => edit.set('parameter', 'SS_A', 2));
  release();
  await Promise.all([first, second]);
  assert.deepEqual(await readEntries(one.db, 'parameter'), [{ name: 'SS_A', value: 2 }]);
});

test('who found the lock taken sees at once what others commit after that', async (t) => {
  const path = storePath(storeFolder(t));
  const one = await openStore(t, path);
  const impatient = await openStore(t, path, { patienceMs: 0 });
  const before = impatient.dataVersion();
  await one.change({ user: 'ann' }, async (edit) => {
    await edit.set('parameter', 'SS_A', 1);
    const refused = impatient.change({ user: 'bob' }, (other) => other.set('parameter', 'SS_A', 2));
    await assert.rejects(refused, { code: 'TDM_STORE_LOCKED' });
  });
  assert.notEqual(impatient.dataVersion(), before);
  assert.deepEqual(await readEntries(impatient.db, 'parameter'), [{ name: 'SS_A', value: 1 }]);
  await impatient.change({ user: 'bob' }, (edit) => edit.set('parameter', 'SS_A', 2));
});

test('no store, a folder in its place, a path through a file: refused in words', async (t) => {
  const folder = storeFolder(t);
  const garbage = join(folder, 'garbage.db');
  writeFileSync(garbage, 'no database at all '.repeat(500));
  const directory = join(folder, 'folder.db');
  mkdirSync(directory);
  const cases = [
    [garbage, /garbage\.db: the file is no SQLite database/],
    [directory, /folder\.db: /],
    [join(garbage, 'tandem.db'), /a part of the path is a file/],
  ] as const;
  for (const [path, message] of cases) {
    await assert.rejects(ControlStore.open(path), { code: 'TDM_STORE_FAILED', message });
  }
});

test('a process that is killed while it writes loses nothing that it has reported', async (t) => {
  const path = storePath(storeFolder(t));
  const script = fileURLToPath(new URL('./killed-writer.js', import.meta.url));
  for (let round = 0; round < 3; round++) {
    const child = fork(script, [path, String(round)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let reported = -1;
    child.on('message', (n) => {
      reported = n as number;
      if (reported === 20) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    const store = await ControlStore.open(path);
    const entries = await readEntries(store.db, 'phone');
    const ofRound = entries.filter(({ name }) => name.startsWith(`${round}-`)).length;
    // Two entries each time: both are there or none.
    assert.equal(ofRound % 2, 0);
    assert.ok(ofRound >= 2 * (reported + 1), `${ofRound} entries, ${reported} reported`);
    await store.close();
  }
});
