// Parameters in the ingest process: read at start, read again on request, kept when wrong.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { newIngestState, setProblem } from '../../ingest/ingest-state.ts';
import { LiveParameters } from '../../ingest/live-parameters.ts';
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
