// Parameters in the ingest process: read at start, read again on request, kept when wrong.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { until } from '../../bench/calls/until.ts';
import { changeParameters } from '../../engine/config/change-parameters.ts';
import { storePath } from '../../engine/store/control-store.ts';
import { newIngestState, setProblem } from '../../ingest/ingest-state.ts';
import { LiveParameters, storeOfEdge } from '../../ingest/live-parameters.ts';
import { openStore } from '../engine/store/stores.ts';
import { yamlFile } from '../engine/config/files.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

test('a changed file counts from the next reload on; a wrong one changes nothing', (t) => {
  const path = yamlFile(t, 'parameters: { SERVER_CDR_FILE_WRITE_MAX: 20 }');
  const state = newIngestState();
  const live = new LiveParameters(path, state, silent);
  assert.equal(live.current?.SERVER_CDR_FILE_WRITE_MAX, 20);
  writeFileSync(path, 'parameters: { SERVER_CDR_FILE_WRITE_MAX: 30 }');
  assert.equal(live.current.SERVER_CDR_FILE_WRITE_MAX, 20);
  live.reload();
  assert.equal(live.current.SERVER_CDR_FILE_WRITE_MAX, 30);
  writeFileSync(path, 'parameters: { SERVER_CDR_FILE_WRITE_MAX: 9 }');
  live.reload();
  assert.equal(live.current.SERVER_CDR_FILE_WRITE_MAX, 30);
  assert.equal(state.problems.size, 0, 'the edge goes on with what was valid, too');
});

test('wrong from the start: no values rather than defaults, until it is corrected', (t) => {
  const path = yamlFile(t, 'parameters: { SERVER_CDR_FILE_WRITE_MAX: 9 }');
  const state = newIngestState();
  const live = new LiveParameters(path, state, silent);
  assert.equal(live.current, undefined);
  assert.match(state.problems.get('provision') ?? '', /from 10 to 4096/);
  writeFileSync(path, 'parameters: {}');
  live.reload();
  assert.equal(
    (live.current as { SERVER_CDR_FILE_WRITE_MAX: number } | undefined)?.SERVER_CDR_FILE_WRITE_MAX,
    2048,
  );
  setProblem(state, 'anything', '');
  assert.ok(state.healthy);
});

test('without a file every parameter has its default', (t) => {
  const path = yamlFile(t, '{}');
  rmSync(path);
  const live = new LiveParameters(path, newIngestState(), silent);
  assert.equal(live.current?.SERVER_CDR_FILE_WRITE_INTERVAL, null);
});

test('with a store of the edge it counts, and is followed', async (t) => {
  const path = yamlFile(t, 'parameters: { SERVER_CDR_FILE_WRITE_MAX: 20 }');
  assert.equal(await storeOfEdge(dirname(path)), null, 'no edge has run here');
  const edge = await openStore(t, storePath(dirname(path)));
  const set = (raw: string): Promise<unknown> =>
    changeParameters(edge, { user: 'ann' }, [{ name: 'SERVER_CDR_FILE_WRITE_MAX', raw }]);
  await set('40');
  const store = await storeOfEdge(dirname(path));
  t.after(() => store?.close());
  const state = newIngestState();
  const live = new LiveParameters(path, state, silent, store);
  await live.settled;
  assert.equal(live.current?.SERVER_CDR_FILE_WRITE_MAX, 40);
  live.watch();
  await set('50');
  const followed = await until(
    () => (live.current?.SERVER_CDR_FILE_WRITE_MAX === 50 ? true : undefined),
    5000,
  );
  assert.equal(followed, true);
  await edge.change({ user: 'somebody' }, (edit) =>
    edit.set('parameter', 'SERVER_CDR_FILE_WRITE_MAX', 9),
  );
  live.reload();
  await live.settled;
  assert.equal(live.current.SERVER_CDR_FILE_WRITE_MAX, 50, 'what is wrong changes nothing');
});
