// An embedded server on a free port over a directory of its own, for the tests of ingest.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import { startEmbeddedClickHouse } from '../../../ingest/clickhouse-server/server.ts';

export interface ScratchServer {
  readonly url: string;
  readonly client: ClickHouseClient;
  close(): Promise<void>;
}

const quietLog = { info: (): void => undefined };

/** One per test process: chDB binds one directory per process. */
export async function startScratchServer(access: {
  user?: string;
  password?: string;
}): Promise<ScratchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tandem-clickhouse-'));
  const options = { dataDir, host: '127.0.0.1', port: 0, log: quietLog, ...access };
  const server = await startEmbeddedClickHouse(options);
  const client = createClient({
    url: server.url,
    username: access.user ?? 'default',
    password: access.password ?? '',
  });
  return {
    url: server.url,
    client,
    async close() {
      await client.close();
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
