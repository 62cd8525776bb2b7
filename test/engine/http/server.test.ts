// /healthz, /readyz and /metrics over real HTTP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Gauge, Registry } from 'prom-client';
import { TandemError } from '../../../engine/base/errors.ts';
import {
  startHttpServer,
  type HttpServer,
  type ReadinessCheck,
} from '../../../engine/http/server.ts';
import { PLAIN_ROW } from './fake-metrics-source.ts';

async function server(
  t: TestContext,
  checks: () => readonly ReadinessCheck[],
  metrics = new Registry(),
): Promise<HttpServer> {
  const started = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    node: 'edge-t',
    metrics,
    checks,
    gateways: () => [PLAIN_ROW],
  });
  t.after(() => started.close());
  return started;
}

test('/healthz answers as long as main turns', async (t) => {
  const { url } = await server(t, () => [{ name: 'shard 0', problem: () => 'dead' }]);
  const answer = await fetch(`${url}/healthz`);
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { status: 'ok', node: 'edge-t' });
});

test('/readyz names every check, with the reason of those that fail', async (t) => {
  let problem: string | undefined = 'no heartbeat for 6000 ms';
  const { url } = await server(t, () => [
    { name: 'shard 0', problem: () => undefined },
    { name: 'recorder', problem: () => problem },
  ]);
  const refused = await fetch(`${url}/readyz`);
  assert.equal(refused.status, 503);
  assert.deepEqual(await refused.json(), {
    status: 'not ready',
    node: 'edge-t',
    checks: [
      { name: 'shard 0', ok: true },
      { name: 'recorder', ok: false, reason: 'no heartbeat for 6000 ms' },
    ],
  });
  problem = undefined;
  const ready = await fetch(`${url}/readyz`);
  assert.equal(ready.status, 200);
  assert.equal(((await ready.json()) as { status: string }).status, 'ready');
});

test('/readyz refuses while there is nothing to check', async (t) => {
  const { url } = await server(t, () => []);
  assert.equal((await fetch(`${url}/readyz`)).status, 503);
});

test('/metrics prints the registry in the Prometheus text format', async (t) => {
  const metrics = new Registry();
  new Gauge({ name: 'tandem_test', help: 'h', registers: [metrics] }).set(42);
  const { url } = await server(t, () => [], metrics);
  const answer = await fetch(`${url}/metrics`);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(await answer.text(), /^tandem_test 42$/m);
});

test('a port that is taken is an error with its code', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  t.after(() => blocker.close());
  const { port } = blocker.address() as AddressInfo;
  const start = startHttpServer({
    host: '127.0.0.1',
    port,
    node: 'edge-t',
    metrics: new Registry(),
    checks: () => [],
  });
  await assert.rejects(
    start,
    (error) => error instanceof TandemError && error.code === 'TDM_LISTEN_FAILED',
  );
});

test('/gateways lists them', async (t) => {
  const { url } = await server(t, () => []);
  const answer = await fetch(`${url}/gateways`);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await answer.json(), { gateways: [PLAIN_ROW] });
});
