// The switch as a real process, for benches and SIPp tests: own folder, own ports, own embedded
// ClickHouse; started by `node dist/engine/main.js --config FILE` as an operator would.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryPath } from '../../engine/base/paths.ts';
import { endChild, exitCodeOf } from './child-end.ts';
import { freeTcpPort, freeUdpPort } from '../../infra/free-port.ts';
import { descendants } from './process-stat.ts';
import { until } from './until.ts';

export interface SwitchOptions {
  /** What provision.yaml holds; JSON is YAML. */
  readonly provision: Readonly<Record<string, unknown>>;
  readonly shards?: number;
  /** `auto` (default), `native` or `portable`. */
  readonly io?: string;
  readonly drainSeconds?: number;
  /** More top-level keys of tandem.yaml; they win. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Another program than the edge's own, with words besides --config. */
  readonly program?: SwitchProgram;
  /** Words for node itself, before those of the program. */
  readonly nodeOptions?: readonly string[];
}

export interface SwitchProgram {
  /** From the root of the repository. */
  readonly script: string;
  readonly arguments: readonly string[];
}

const EDGE: SwitchProgram = { script: 'dist/engine/main.js', arguments: [] };

export interface SwitchProcess {
  readonly pid: number;
  readonly sipPort: number;
  readonly apiUrl: string;
  readonly configFile: string;
  /** The processes that the edge has started: ingest. */
  childPids(): number[];
  /** Rows of one SELECT on the switch's ClickHouse; throws what ClickHouse answers. */
  query<T>(sql: string): Promise<T[]>;
  /**
   * Prometheus text of /metrics: the sum over all label sets of one metric; undefined when absent.
   */
  metric(name: string): Promise<number | undefined>;
  /** What the switch has logged, the last 64 KiB. */
  log(): string;
  /** Sends a signal to the edge process. */
  signal(name: NodeJS.Signals): void;
  /** The edge's exit code, once it has ended; -1 when a signal ended it. */
  readonly exited: Promise<number>;
  /** `npm run ingest` alone on the same folder, for reading records after the edge has ended. */
  startIngest(): Promise<() => Promise<void>>;
  /** Starts the edge again on the same folder and ports after it was killed; stop only that one. */
  again(): Promise<SwitchProcess>;
  /** SIGTERM, then SIGKILL after `patienceMs`; removes the folder. The edge's exit code. */
  stop(patienceMs?: number): Promise<number>;
}

const READY_TIMEOUT_MS = 60_000;

/** One SELECT over ClickHouse's HTTP interface. */
export async function select<T>(url: string, sql: string): Promise<T[]> {
  const response = await fetch(`${url}/?default_format=JSONEachRow`, {
    method: 'POST',
    // 64-bit counts as numbers: ours stay far below 2^53.
    body: `${sql} SETTINGS output_format_json_quote_64bit_integers = 0 FORMAT JSONEachRow`,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${text}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** Adds the samples of one metric in Prometheus' text format. */
export function sumMetric(text: string, name: string): number | undefined {
  let sum: number | undefined;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const rest = line.slice(name.length);
    if (!rest.startsWith(' ') && !rest.startsWith('{')) continue;
    sum =
      (sum ?? 0) +
      Number(
        rest
          .slice(rest.lastIndexOf('}') + 1)
          .trim()
          .split(' ')[0],
      );
  }
  return sum;
}

interface Ports {
  sip: number;
  api: number;
  clickhouse: number;
}

function writeFiles(folder: string, options: SwitchOptions, ports: Ports): string {
  const config = {
    node: 'edge-test',
    data: join(folder, 'data'),
    shards: options.shards ?? 1,
    listen: [`udp://127.0.0.1:${ports.sip}`],
    io: options.io ?? 'auto',
    api: `http://127.0.0.1:${ports.api}`,
    clickhouse: `embedded://127.0.0.1:${ports.clickhouse}`,
    drainSeconds: options.drainSeconds ?? 5,
    provision: join(folder, 'provision.yaml'),
    ...options.config,
  };
  writeFileSync(join(folder, 'provision.yaml'), JSON.stringify(options.provision, null, 2));
  const file = join(folder, 'tandem.yaml');
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

function launch(
  { script, arguments: own }: SwitchProgram,
  nodeOptions: readonly string[],
  configFile: string,
  logFile: string,
): ChildProcess {
  const main = [repositoryPath(script), '--config', configFile, ...own];
  const words = ['--enable-source-maps', ...nodeOptions, ...main];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.once('close', () => log.end());
  return child;
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-65_536);
  } catch {
    return '';
  }
}

async function ready(url: string, child: ChildProcess, log: () => string): Promise<void> {
  let last = 'no answer';
  const up = await until(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    last = `${response.status} ${await response.text()}`;
    return response.ok ? true : undefined;
  }, READY_TIMEOUT_MS);
  if (up !== true) throw new Error(`The switch is not ready: ${url}: ${last}\n${log()}`);
}

/** Ingest alone serves the embedded ClickHouse: up when that answers. */
async function startIngestAlone(
  configFile: string,
  clickhouseUrl: string,
  logFile: string,
): Promise<() => Promise<void>> {
  const child = launch({ script: 'dist/ingest/main.js', arguments: [] }, [], configFile, logFile);
  const up = await until(async () => {
    if (child.exitCode !== null) return false;
    return (await fetch(`${clickhouseUrl}/ping`)).ok ? true : undefined;
  }, READY_TIMEOUT_MS);
  const stop = async (): Promise<void> => {
    await endChild(child, 20_000);
  };
  if (up === true) return stop;
  await stop();
  throw new Error(`Ingest alone did not come up:\n${tail(logFile)}`);
}

/** Starts the switch and waits until /readyz answers 200; throws with its log when it does not. */
export async function startSwitch(options: SwitchOptions): Promise<SwitchProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-switch-'));
  const ports = {
    sip: await freeUdpPort(),
    api: await freeTcpPort(),
    clickhouse: await freeTcpPort(),
  };
  return runSwitch(folder, writeFiles(folder, options, ports), ports, options);
}

async function runSwitch(
  folder: string,
  configFile: string,
  ports: Ports,
  options: SwitchOptions,
): Promise<SwitchProcess> {
  const logFile = join(folder, 'switch.log');
  const { program = EDGE, nodeOptions = [] } = options;
  const child = launch(program, nodeOptions, configFile, logFile);
  const exited = exitCodeOf(child);
  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const clickhouseUrl = `http://127.0.0.1:${ports.clickhouse}`;
  const stop = async (patienceMs = 60_000): Promise<number> => {
    const children = descendants(child.pid!);
    const code = await endChild(child, patienceMs);
    // A killed edge leaves ingest to notice by itself: give it the time to finish.
    await until(() => (children.some(isAlive) ? undefined : true), 10_000);
    rmSync(folder, { recursive: true, force: true });
    return code;
  };
  try {
    await ready(`${apiUrl}/readyz`, child, () => tail(logFile));
  } catch (error) {
    await stop(2000);
    throw error;
  }
  return {
    pid: child.pid!,
    sipPort: ports.sip,
    apiUrl,
    configFile,
    childPids: () => descendants(child.pid!),
    query: (sql) => select(clickhouseUrl, sql),
    async metric(name) {
      return sumMetric(await (await fetch(`${apiUrl}/metrics`)).text(), name);
    },
    log: () => tail(logFile),
    signal: (name) => void child.kill(name),
    exited,
    again: () => runSwitch(folder, configFile, ports, options),
    startIngest: () => startIngestAlone(configFile, clickhouseUrl, logFile),
    stop,
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
