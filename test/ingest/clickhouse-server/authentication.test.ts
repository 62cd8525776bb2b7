// One user with a password, by each way that ClickHouse's HTTP interface knows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from '@clickhouse/client';
import { startScratchServer } from './scratch-server.ts';
import type { ScratchServer } from './scratch-server.ts';

const user = 'carrier';
const password = 'p:w ü';
let server: ScratchServer;
before(async () => {
  server = await startScratchServer({ user, password });
});
after(() => server.close());

async function ask(
  parameters: Record<string, string>,
  headers: Record<string, string>,
): Promise<Response> {
  const search = new URLSearchParams({ query: 'SELECT 1', ...parameters });
  const response = await fetch(`${server.url}/?${search.toString()}`, { headers });
  await response.text();
  return response;
}

const basic = (text: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

test('the right password opens by basic auth, headers, URL and the client', async () => {
  assert.equal((await ask({}, basic(`${user}:${password}`))).status, 200);
  assert.equal((await ask({ user, password }, {})).status, 200);
  const ascii = encodeURIComponent('plain');
  assert.equal(
    (await ask({}, { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': ascii })).status,
    403,
  );
  const rows = await server.client.query({ query: 'SELECT 1 AS a', format: 'JSONEachRow' });
  assert.deepEqual(await rows.json(), [{ a: 1 }]);
});

test('the wrong or no password is refused, and asked for where a browser can answer', async () => {
  const nothing = await ask({}, {});
  assert.equal(nothing.status, 401);
  assert.match(nothing.headers.get('www-authenticate') ?? '', /^Basic realm=/);
  assert.equal(nothing.headers.get('x-clickhouse-exception-code'), '516');
  assert.equal((await ask({}, basic(`${user}:wrong`))).status, 401);
  assert.equal((await ask({ user, password: 'wrong' }, {})).status, 403);
  assert.equal((await ask({ user: 'default', password }, {})).status, 403);
  assert.equal((await ask({}, { Authorization: 'Bearer x' })).status, 403);
});

test('credentials in two ways at once are refused', async () => {
  assert.equal((await ask({ user, password }, basic(`${user}:${password}`))).status, 403);
});

test('/ping needs no password; the client reports the failure of a query', async () => {
  assert.equal((await fetch(`${server.url}/ping`)).status, 200);
  const stranger = createClient({
    url: server.url,
    username: user,
    password: 'wrong',
    log: { level: 127 },
  });
  await assert.rejects(stranger.query({ query: 'SELECT 1' }), /Authentication failed/);
  await stranger.close();
});
