// `npm run bench -- ingest [--kafka]`: a spool full of calls through the ingest process into
// embedded ClickHouse, straight or over a real broker on the same machine.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../infra/kafka/cluster.ts';
import { startCluster } from '../../infra/kafka/cluster.ts';
import { numberOf, parseArguments } from '../calls/arguments.ts';
import { freeTcpPort } from '../../infra/free-port.ts';
import { machineLine } from '../calls/machine.ts';
import { formatTable } from '../calls/table.ts';
import { fillSpool } from './fill-spool.ts';
import type { IngestRunResult } from './ingest-run.ts';
import { folderBytes, runIngest, topicBytes } from './ingest-run.ts';

export const INGEST_USAGE =
  'ingest [--kafka] [--cdrs 400000] [--json]  spool (→ Kafka) → embedded ClickHouse';

/** Every run takes this long at least, to be worth a figure. */
const LEAST_CDRS = 20_000;

export async function runIngestBench(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, { kafka: 'flag', cdrs: 'value', json: 'flag' });
  const calls = numberOf(given, 'cdrs', 400_000, LEAST_CDRS);
  const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  const filled = join(root, 'filled');
  mkdirSync(filled);
  mkdirSync(join(root, 'data', 'spool'), { recursive: true });
  const kafkaDir = join(root, 'kafka');
  let cluster: Cluster | undefined;
  try {
    fillSpool(filled, calls);
    const spoolBytes = folderBytes(filled);
    if (given.has('kafka')) cluster = await startCluster({ dataDir: kafkaDir, brokers: 1 });
    const kafka = cluster && { addresses: cluster.addresses, pid: cluster.brokers[0]!.pid };
    const clickHousePort = await freeTcpPort();
    const result = await runIngest({ root, filled, calls, clickHousePort, kafka });
    const kafkaBytes = cluster === undefined ? 0 : topicBytes(kafkaDir) / calls;
    const bytes = { spoolBytesPerCdr: spoolBytes / calls, kafkaBytesPerCdr: kafkaBytes };
    print({ ...result, ...bytes }, calls, given.has('json'));
    return 0;
  } finally {
    await cluster?.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

function print(figures: IngestRunResult & object, calls: number, json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ machine: machineLine(), calls, ...figures }));
    return;
  }
  const rows = Object.entries(figures as unknown as Record<string, number>).map(([name, value]) => [
    name,
    value.toFixed(1),
  ]);
  console.log(`${machineLine()}\n${calls} CDRs, each with one attempt`);
  console.log(formatTable([['figure', 'value'], ...rows]));
}
