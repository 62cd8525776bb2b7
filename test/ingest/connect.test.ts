// Getting to a ClickHouse: wrong credentials and a server that is away are told with what to do and
// tried again; a database of a newer version is refused; retention settings arrive in the tables.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Config } from '../../engine/config/load.ts';
import { loadConfig } from '../../engine/config/load.ts';
import { connect } from '../../ingest/connect.ts';
import { newIngestState } from '../../ingest/ingest-state.ts';
import { yamlFile } from '../engine/config/files.ts';
import { startScratchServer } from './clickhouse-server/scratch-server.ts';
import type { ScratchServer } from './clickhouse-server/scratch-server.ts';

const user = 'carrier';
const password = 'right';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({ user, password });
});
after(() => server.close());

function configOf(t: TestContext, url: string): Config {
  return loadConfig(yamlFile(t, `clickhouse: { url: "${url}", retentionDays: 365 }\n`));
}

/** Connects until `errors` failures are logged or it works. */
async function attempt(
  config: Config,
  errors: number,
): Promise<{ said: string[]; works: boolean }> {
  const said: string[] = [];
  const abort = new AbortController();
  const log = {
    info: (): void => undefined,
    warn: (): void => undefined,
    error: ({ error }: { error?: string }): void => {
      said.push(String(error));
      if (said.length === errors) abort.abort();
    },
  };
  const state = newIngestState();
  const connection = await connect(config, state, log, abort.signal);
  await connection?.close();
  assert.equal(state.clickHouseOk, connection !== undefined);
  return { said, works: connection !== undefined };
}

test('a wrong password: the message says so, and it is tried again', async (t) => {
  const url = server.url.replace('http://', `http://${user}:wrong@`);
  const { said, works } = await attempt(configOf(t, url), 2);
  assert.equal(works, false);
  assert.equal(said.length, 2);
  assert.match(said[0]!, /Authentication failed.*correct them in `clickhouse` of tandem\.yaml/);
});

test('the right one: migrated, with the retention of the settings', async (t) => {
  const url = server.url.replace('http://', `http://${user}:${password}@`);
  assert.deepEqual(await attempt(configOf(t, url), 1), { said: [], works: true });
  const result = await server.client.query({
    query: "SELECT engine_full FROM system.tables WHERE database = 'tandem' AND name = 'cdr'",
    format: 'TabSeparated',
  });
  assert.match(await result.text(), /toIntervalDay\(365\)/);
});

test('nothing listens: the message says so', async (t) => {
  const unused = createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  const { port } = unused.address() as AddressInfo;
  unused.close();
  await once(unused, 'close');
  const { said } = await attempt(configOf(t, `http://127.0.0.1:${port}`), 1);
  assert.match(said[0]!, /ECONNREFUSED.*start ClickHouse/);
});

test('a database that a newer version has migrated is left alone', async (t) => {
  const values = [{ number: 999, name: '999-future.sql', checksum: 'x' }];
  await server.client.insert({ table: 'tandem.schema_migration', values, format: 'JSONEachRow' });
  const url = server.url.replace('http://', `http://${user}:${password}@`);
  const { said } = await attempt(configOf(t, url), 1);
  assert.match(said[0]!, /schema migration 999, which this version does not know; run a newer/);
});
