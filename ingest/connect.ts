// Gets ingest to a ClickHouse that is ready to take records: starts the embedded one when it is
// configured, then connects and migrates. Tries for ever: meanwhile the spool keeps the records.
import { join } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Config } from '../engine/config/load.ts';
import { BackOff } from './back-off.ts';
import { clickHouseProblem } from './clickhouse-problem.ts';
import { startEmbeddedClickHouse } from './clickhouse-server/server.ts';
import type { EmbeddedClickHouse } from './clickhouse-server/server.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';
import { migrate } from './migrations/migrate.ts';
import { applyRetention } from './migrations/retention.ts';

/** An insert that got no answer in this time is tried again. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface Connection {
  readonly client: ClickHouseClient;
  close(): Promise<void>;
}

/** Undefined when `abort` aborts first. */
export async function connect(
  config: Config,
  state: IngestState,
  log: IngestLog,
  abort: AbortSignal,
): Promise<Connection | undefined> {
  const backOff = new BackOff();
  while (!abort.aborted) {
    try {
      const connection = await connectOnce(config, log);
      state.clickHouseOk = true;
      state.lastError = '';
      return connection;
    } catch (error) {
      state.clickHouseOk = false;
      state.lastError = clickHouseProblem(error);
      const { url } = config.clickhouse;
      log.error({ url, error: state.lastError }, 'ClickHouse is not ready, trying again');
    }
    await backOff.wait(abort);
  }
  return undefined;
}

async function connectOnce(config: Config, log: IngestLog): Promise<Connection> {
  const { kind, host, port, url, user, password } = config.clickhouse;
  let embedded: EmbeddedClickHouse | undefined;
  if (kind === 'embedded') {
    const dataDir = join(config.dataDir, 'clickhouse');
    embedded = await startEmbeddedClickHouse({ dataDir, host, port, user, password, log });
  }
  const client = createClient({
    url: embedded?.url ?? url,
    username: user,
    password,
    application: 'tandem-ingest',
    // The writer says what failed, in one line.
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: REQUEST_TIMEOUT_MS,
    compression: { request: kind === 'remote', response: false },
  });
  const close = async (): Promise<void> => {
    await client.close();
    await embedded?.close();
  };
  try {
    const { cluster } = config.clickhouse;
    const applied = await migrate(client, { cluster });
    const retention = await applyRetention(client, config.clickhouse, cluster);
    log.info({ url: embedded?.url ?? url, kind, applied, retention }, 'ClickHouse is ready');
  } catch (error) {
    await close();
    throw error;
  }
  return { client, close };
}
