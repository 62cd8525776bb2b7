// One SIPp process: caller or vendor of a bench or of a SIPp test. SIPp comes from Debian's sip-
// tester.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseResponseTimes, parseSippCounts } from './sipp-statistics.ts';
import type { Latency, SippCounts } from './sipp-statistics.ts';

export interface SippOptions {
  /** Absolute path of the scenario file. */
  readonly scenario: string;
  /** Own address; the default is 127.0.0.1. */
  readonly ip?: string;
  readonly port: number;
  /** `host:port` to call; left out by a vendor. */
  readonly target?: string;
  /** Calls after which it ends; a vendor without it runs until stop(). */
  readonly calls?: number;
  /** New calls per second. */
  readonly rate?: number;
  /** Reaches `rate` in as many equal steps, one a second. */
  readonly rampSeconds?: number;
  /** Length of the scenario's open `<pause/>`, milliseconds. */
  readonly pauseMs?: number;
  /** The whole run is given up, as failed, after so many seconds. */
  readonly timeoutSeconds: number;
  /** CSV file of numbers, `[field0]`... in the scenario. */
  readonly numbers?: string;
  /** Measure response times (`rtd` of the scenario). */
  readonly responseTimes?: boolean;
  /** More options, as on SIPp's command line. */
  readonly more?: readonly string[];
}

export interface SippResult {
  /** 0 all calls went well, 1 some failed, 99 no calls, others as in `sipp -h`. */
  readonly exitCode: number;
  readonly counts: SippCounts;
  /** By number of the response timer. */
  readonly latency: ReadonlyMap<string, Latency>;
  /** What SIPp found wrong: unexpected messages, timeouts. Empty when all went well. */
  readonly errors: string;
}

export interface SippProcess {
  readonly pid: number;
  readonly port: number;
  readonly done: Promise<SippResult>;
  /**
   * Takes no new calls, waits for those under way, ends; after 5 s or at once when `now`, kills it.
   */
  stop(now?: boolean): Promise<SippResult>;
}

/** Undefined when SIPp is here, else what to install. */
export function sippMissing(): string | undefined {
  const found = spawnSync('sipp', ['-v'], { stdio: 'ignore' });
  return found.error === undefined
    ? undefined
    : 'sipp is not installed: apt-get install sip-tester (Debian package "sip-tester")';
}

function commandLine(options: SippOptions, folder: string): string[] {
  const args = options.target === undefined ? [] : [options.target];
  args.push('-sf', options.scenario, '-i', options.ip ?? '127.0.0.1', '-p', String(options.port));
  args.push('-bind_local', '-nostdin', '-timer_resol', '1', '-buff_size', '4194304');
  // The default of -l throttles at three times the expected number of calls: a slow switch would be
  // spared.
  args.push('-l', '200000', '-max_recv_loops', '5000', '-max_sched_loops', '5000');
  args.push('-trace_stat', '-stf', join(folder, 'stat.csv'), '-fd', '1');
  args.push('-trace_err', '-error_file', join(folder, 'errors.log'));
  args.push('-timeout', String(options.timeoutSeconds), '-timeout_error');
  if (options.calls !== undefined) args.push('-m', String(options.calls));
  if (options.rate !== undefined) args.push(...rateArguments(options.rate, options.rampSeconds));
  if (options.pauseMs !== undefined) args.push('-d', String(options.pauseMs));
  if (options.numbers !== undefined) args.push('-inf', options.numbers);
  if (options.responseTimes === true) args.push('-trace_rtt', '-rtt_freq', '3000');
  args.push(...(options.more ?? []));
  return args;
}

function rateArguments(rate: number, rampSeconds = 1): string[] {
  if (rampSeconds <= 1) return ['-r', String(rate)];
  const step = Math.ceil(rate / rampSeconds);
  const ramp = ['-rate_increase', String(step), '-rate_interval', '1', '-rate_max', String(rate)];
  return ['-r', String(step), ...ramp, '-no_rate_quit'];
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'latin1') : '';
}

/** SIPp warns of `-l` beyond the file limit although UDP on one socket needs no file per call. */
const OPEN_FILES_WARNING =
  /[-\d]+\t[\d:.]+\t[\d.]+: Maximum number of open sockets.*?-max_socket option/gs;

function realErrors(text: string): string {
  return text
    .replace(OPEN_FILES_WARNING, '\n')
    .replace(/^The following events occurred:$|^Resolving remote host .*$/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim();
}

function collect(folder: string, exitCode: number, stderr: string): SippResult {
  // SIPp names this one itself: <scenario>_<pid>_rtt.csv, in its working folder or the scenario's.
  const rtt = readdirSync(folder).find((name) => name.endsWith('_rtt.csv'));
  const result: SippResult = {
    exitCode,
    counts: parseSippCounts(readIfThere(join(folder, 'stat.csv'))),
    latency: parseResponseTimes(rtt === undefined ? '' : readIfThere(join(folder, rtt))),
    errors: [realErrors(readIfThere(join(folder, 'errors.log'))), realErrors(stderr)]
      .join('\n')
      .trim(),
  };
  rmSync(folder, { recursive: true, force: true });
  return result;
}

/** Starts SIPp in a temporary folder of its own, which is gone when `done` resolves. */
export function startSipp(options: SippOptions): SippProcess {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-sipp-'));
  const child = spawn('sipp', commandLine(options, folder), {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TERM: 'dumb' },
  });
  let stderr = '';
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    if (stderr.length < 4000) stderr += text;
  });
  const done = new Promise<SippResult>((resolve, reject) => {
    child.once('error', (error) => {
      rmSync(folder, { recursive: true, force: true });
      reject(new Error(sippMissing() ?? String(error)));
    });
    child.once('close', (code) => resolve(collect(folder, code ?? -1, stderr)));
  });
  return {
    pid: child.pid ?? 0,
    port: options.port,
    done,
    stop(now = false) {
      child.kill(now ? 'SIGKILL' : 'SIGUSR1');
      const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
      return done.finally(() => clearTimeout(patience));
    },
  };
}
