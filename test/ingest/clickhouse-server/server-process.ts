// A process of its own around the embedded server, for tests that kill it: prints its URL as the
// first line, closes on SIGTERM. Arguments: data directory, port (default: a free one).
import { startEmbeddedClickHouse } from '../../../ingest/clickhouse-server/server.ts';

const dataDir = process.argv[2] ?? '';
const port = Number(process.argv[3] ?? 0);
const log = { info: (): void => undefined };
const server = await startEmbeddedClickHouse({ dataDir, host: '127.0.0.1', port, log });
process.once('SIGTERM', () => void server.close());
process.stdout.write(`${server.url}\n`);
