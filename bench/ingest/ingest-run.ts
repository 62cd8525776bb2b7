// One run of the ingest process: it starts on an empty spool, gets a full one when it is ready, and
// the clock runs until the last record is in ClickHouse. How fast, at whose CPU, in how many bytes.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { repositoryPath } from '../../engine/base/paths.ts';
import type { IngestReport } from '../../ingest/ingest-state.ts';
import { cpuMicros, cpuMicrosByThread } from '../calls/process-stat.ts';

export interface IngestRunResult {
  /** From the first record in the spool to the last one in ClickHouse. */
  readonly seconds: number;
  readonly cdrsPerSecond: number;
  /** Of the ingest process with the embedded ClickHouse in it. */
  readonly ingestCpuUsPerCdr: number;
  /** Of that: the thread of Tandem's own code, its helpers (collector, libuv's pool), ... */
  readonly mainCpuUsPerCdr: number;
  readonly helperCpuUsPerCdr: number;
  /** ... librdkafka's threads, ClickHouse's. */
  readonly kafkaClientCpuUsPerCdr: number;
  readonly clickHouseCpuUsPerCdr: number;
  /** Of the broker; 0 without one. */
  readonly brokerCpuUsPerCdr: number;
  /** Of both cores' time, what ingest and broker did not use. */
  readonly idlePercent: number;
  readonly clickHouseBytesPerCdr: number;
}

export interface IngestRunOptions {
  /** Folder for `data`, which has an empty `data/spool`. */
  readonly root: string;
  /** Folder with the segments, on the same file system. */
  readonly filled: string;
  readonly calls: number;
  readonly clickHousePort: number;
  /** Addresses and process of a broker; undefined: straight to ClickHouse. */
  readonly kafka: { readonly addresses: string; readonly pid: number } | undefined;
}

interface Mark {
  readonly atMs: number;
  readonly report: IngestReport;
  readonly brokerUs: number;
  /** Of the threads of ingest, by {@link Part}. */
  readonly us: Readonly<Record<Part, number>>;
}

type Part = 'main' | 'helper' | 'kafkaClient' | 'clickHouse';

/** V8's and libuv's threads have Node's name, librdkafka's begin with `rdk:`. */
function partOf(thread: string): Part {
  if (thread === 'main') return 'main';
  if (thread === 'node') return 'helper';
  return thread.startsWith('rdk:') ? 'kafkaClient' : 'clickHouse';
}

function cpuByPart(pid: number): Record<Part, number> {
  const us = { main: 0, helper: 0, kafkaClient: 0, clickHouse: 0 };
  for (const [thread, micros] of cpuMicrosByThread(pid)) us[partOf(thread)] += micros;
  return us;
}

/** @throws Error when ingest ends before it has inserted everything */
export async function runIngest(options: IngestRunOptions): Promise<IngestRunResult> {
  const { root, filled, calls, clickHousePort, kafka } = options;
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
      us: cpuByPart(child.pid!),
    });
    // A new broker takes seconds to make its own topics, before which nobody gets partitions.
    const isReady = (report: IngestReport): boolean =>
      report.healthy && (kafka === undefined || report.kafka.partitions > 0);
    const first = await nextMark(child, mark, isReady);
    moveSegments(filled, join(root, 'data', 'spool'));
    const last = await nextMark(child, mark, (report) => report.insertedCdrs >= calls);
    const bytes = await clickHouseBytes(`http://${url}`);
    return { ...figures(first, last, calls), clickHouseBytesPerCdr: bytes / calls };
  } finally {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGTERM');
    await ended;
  }
}

/** The oldest first: whoever follows takes the newest for the one that grows. */
function moveSegments(from: string, to: string): void {
  for (const name of readdirSync(from).sort()) renameSync(join(from, name), join(to, name));
}

function figures(
  first: Mark,
  last: Mark,
  calls: number,
): Omit<IngestRunResult, 'clickHouseBytesPerCdr'> {
  const seconds = (last.atMs - first.atMs) / 1000;
  const ingestMs = ({ report }: Mark): number => report.cpuUserMs + report.cpuSystemMs;
  const ingestUs = (ingestMs(last) - ingestMs(first)) * 1000;
  const brokerUs = last.brokerUs - first.brokerUs;
  const perCdr = (part: Part): number => (last.us[part] - first.us[part]) / calls;
  return {
    seconds,
    cdrsPerSecond: calls / seconds,
    ingestCpuUsPerCdr: ingestUs / calls,
    mainCpuUsPerCdr: perCdr('main'),
    helperCpuUsPerCdr: perCdr('helper'),
    kafkaClientCpuUsPerCdr: perCdr('kafkaClient'),
    clickHouseCpuUsPerCdr: perCdr('clickHouse'),
    brokerCpuUsPerCdr: brokerUs / calls,
    idlePercent: 100 * (1 - (ingestUs + brokerUs) / (seconds * 1e6 * availableParallelism())),
  };
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
