// Traces in the store: what is in force, what is remembered, and that the edge can see changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRevisions } from '../../../engine/store/revisions.ts';
import {
  endTrace,
  MAX_TRACES_IN_FORCE,
  readTraces,
  readTracesInForce,
  startTrace,
  type NewTrace,
} from '../../../engine/store/traces.ts';
import { openStore } from './stores.ts';

const TRACE: NewTrace = {
  kind: 'number',
  value: '4420*',
  secrets: false,
  startedAtMs: 1000,
  untilMs: 601_000,
  maxMessages: 10_000,
  maxBytes: 1 << 26,
};

test('started, in force, over at its time', async (t) => {
  const store = await openStore(t);
  const id = await startTrace(store, TRACE);
  const { startedAtMs, ...filter } = TRACE;
  assert.deepEqual(await readTracesInForce(store.db, 600_999), [{ id, ...filter }]);
  assert.deepEqual(await readTracesInForce(store.db, 601_000), []);
  const [before] = await readTraces(store.db, 600_999);
  assert.deepEqual(before, { id, ...filter, startedAtMs, endedAtMs: null, endReason: '' });
  const [after] = await readTraces(store.db, 700_000);
  assert.deepEqual([after!.endedAtMs, after!.endReason], [601_000, 'time']);
});

test('ended once, with its reason; the revision tells of each change', async (t) => {
  const store = await openStore(t);
  const revision = async (): Promise<number> => (await readRevisions(store.db)).get('trace') ?? 0;
  const id = (await startTrace(store, { ...TRACE, secrets: true }))!;
  assert.equal(await revision(), 1);
  assert.equal(await endTrace(store, id, 'messages', 5000), true);
  assert.equal(await revision(), 2);
  assert.equal(await endTrace(store, id, 'stopped', 6000), false);
  assert.equal(await endTrace(store, id + 1, 'stopped', 6000), false);
  assert.equal(await revision(), 2);
  assert.deepEqual(await readTracesInForce(store.db, 5000), []);
  const [trace] = await readTraces(store.db, 9000);
  assert.deepEqual([trace!.endedAtMs, trace!.endReason, trace!.secrets], [5000, 'messages', true]);
});

test('ids are never used twice, the newest comes first', async (t) => {
  const store = await openStore(t);
  const first = (await startTrace(store, TRACE))!;
  await endTrace(store, first, 'stopped', 2000);
  const second = (await startTrace(store, TRACE))!;
  assert.ok(second > first);
  assert.deepEqual(
    (await readTraces(store.db, 2000)).map(({ id }) => id),
    [second, first],
  );
});

test('so many at once and no more; one that is over makes room', async (t) => {
  const store = await openStore(t);
  for (let i = 0; i < MAX_TRACES_IN_FORCE; i++) {
    assert.notEqual(await startTrace(store, TRACE), undefined);
  }
  assert.equal(await startTrace(store, TRACE), undefined);
  assert.notEqual(await startTrace(store, { ...TRACE, startedAtMs: 601_000 }), undefined);
});
