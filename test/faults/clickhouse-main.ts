// A ClickHouse process of its own for the tests that kill it: the embedded server alone.
// node clickhouse-main.js DIRECTORY PORT; says `ready` to its parent.
import { startEmbeddedClickHouse } from '../../ingest/clickhouse-server/server.ts';

const [dataDir, port] = process.argv.slice(2);
await startEmbeddedClickHouse({
  dataDir: dataDir!,
  host: '127.0.0.1',
  port: Number(port),
  log: { info: () => undefined },
});
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
