// One run of the ingest process over a spool that is full: how fast, at what CPU, in how many
// bytes.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { repositoryPath } from '../../engine/base/paths.ts';
import type { IngestReport } from '../../ingest/ingest-state.ts';
import { cpuMicros } from '../calls/process-stat.ts';

export interface IngestRunResult {
  /** From the first record in ClickHouse's reach to the last one in it. */
  readonly seconds: number;
  readonly cdrsPerSecond: number;
  /** Of the ingest process with the embedded ClickHouse in it. */
  readonly ingestCpuUsPerCdr: number;
  /** Of the broker; 0 without one. */
  readonly brokerCpuUsPerCdr: number;
  readonly clickHouseBytesPerCdr: number;
}

export interface IngestRunOptions {
  /** Folder with `data/spool`. */
  readonly root: string;
  readonly calls: number;
  readonly clickHousePort: number;
  /** Addresses and process of a broker; undefined: straight to ClickHouse. */
  readonly kafka: { readonly addresses: string; readonly pid: number } | undefined;
}

interface Mark {
  readonly atMs: number;
  readonly report: IngestReport;
  readonly brokerUs: number;
}

/** @throws Error when ingest ends before it has inserted everything */
export async function runIngest(options: IngestRunOptions): Promise<IngestRunResult> {
  const { root, calls, clickHousePort, kafka } = options;
  const config = join(root, 'tandem.yaml');
  const url = `127.0.0.1:${clickHousePort}`;
  const lines = ['node: edge-1', 'data: ./data', `clickhouse: embedded://${url}`];
  if (kafka !== undefined) lines.push(`kafka: "${kafka.addresses}"`);
  writeFileSync(config, `${lines.join('\n')}\n`);
  const child = fork(repositoryPath('dist/ingest/main.js'), ['--config', config], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const mark = (report: IngestReport): Mark => ({
      report,
      atMs: performance.now(),
      brokerUs: kafka === undefined ? 0 : cpuMicros([kafka.pid]),
    });
    const first = await nextMark(child, mark, ({ clickHouseOk }) => clickHouseOk);
    const last = await nextMark(child, mark, (report) => report.insertedCdrs >= calls);
    const ms = (report: IngestReport): number => report.cpuUserMs + report.cpuSystemMs;
    const seconds = (last.atMs - first.atMs) / 1000;
    const done = calls - first.report.insertedCdrs;
    return {
      seconds,
      cdrsPerSecond: done / seconds,
      ingestCpuUsPerCdr: ((ms(last.report) - ms(first.report)) * 1000) / done,
      brokerCpuUsPerCdr: (last.brokerUs - first.brokerUs) / done,
      clickHouseBytesPerCdr: (await clickHouseBytes(`http://${url}`)) / calls,
    };
  } finally {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGTERM');
    await ended;
  }
}

async function nextMark(
  child: ChildProcess,
  mark: (report: IngestReport) => Mark,
  wanted: (report: IngestReport) => boolean,
): Promise<Mark> {
  const over = once(child, 'exit').then(() => {
    throw new Error('ingest ended before its work was done');
  });
  for (;;) {
    const [report] = (await Promise.race([once(child, 'message'), over])) as [IngestReport];
    if (wanted(report)) return mark(report);
  }
}

/** Bytes of the active parts of both tables. */
async function clickHouseBytes(url: string): Promise<number> {
  const client = createClient({ url });
  try {
    const query =
      "SELECT toString(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE database = 'tandem' " +
      "AND table IN ('cdr', 'cdr_attempt') AND active";
    const result = await client.query({ query, format: 'JSONEachRow' });
    const [row] = await result.json<{ bytes: string }>();
    return Number(row?.bytes ?? 0);
  } finally {
    await client.close();
  }
}

/** Bytes of all files below a folder whose path `counts`. */
export function folderBytes(folder: string, counts = (_path: string): boolean => true): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(counts)
    .reduce((sum, path) => sum + statSync(path).size, 0);
}

/** Bytes of the messages in a broker's folder, without its indexes and topics of its own. */
export function topicBytes(folder: string): number {
  return folderBytes(folder, (path) => /\/tandem\.cdr-\d+\/\d+\.log$/.test(path));
}
