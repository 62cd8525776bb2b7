// Health and metrics of an ingest process that runs alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newIngestState, setProblem } from '../../ingest/ingest-state.ts';
import { startStatusServer } from '../../ingest/status-server.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

test('it is ready when no job is held up, and counts', async (t) => {
  const state = newIngestState();
  const config = { api: { url: '', host: '127.0.0.1', port: 0 }, node: 'ingest-1' };
  const server = await startStatusServer(config, state, silent);
  assert.ok(server !== undefined);
  t.after(() => server.close());
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`${server.url}${path}`);
    return [response.status, await response.text()];
  };
  setProblem(state, 'topic', 'no broker');
  assert.equal((await get('/healthz'))[0], 200);
  const [held, why] = await get('/readyz');
  assert.equal(held, 503);
  assert.match(why, /no broker/);
  assert.match((await get('/metrics'))[1], /^tandem_ingest_held_up 1$/m);

  setProblem(state, 'topic', '');
  state.clickHouseOk = true;
  state.insertedCdrs = 3;
  assert.equal((await get('/readyz'))[0], 200);
  const [, metrics] = await get('/metrics');
  assert.match(metrics, /^tandem_ingest_rows_total 3$/m);
  assert.match(metrics, /^tandem_ingest_held_up 0$/m);
  assert.match(metrics, /^tandem_ingest_up 1$/m);

  const warnings: string[] = [];
  const log = { ...silent, warn: (figures: object) => warnings.push(JSON.stringify(figures)) };
  const port = Number(new URL(server.url).port);
  const second = { ...config, api: { ...config.api, port } };
  assert.equal(await startStatusServer(second, state, log), undefined);
  assert.match(warnings.join(), /EADDRINUSE/);
});
