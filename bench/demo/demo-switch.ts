// The switch under the demo: started as `npm start` does, or the one that already runs with the
// same configuration. Its log goes to a file, so that the terminal belongs to the live figures.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath } from '../../engine/base/paths.ts';
import type { Config } from '../../engine/config/load.ts';
import { endChild } from '../calls/child-end.ts';
import { until } from '../calls/until.ts';

const READY_MS = 60_000;

export interface DemoSwitch {
  /** false: it ran before, and goes on running. */
  readonly own: boolean;
  readonly logFile: string;
  /** Ends it when it is ours; the exit code, 0 when it is not. */
  stop(): Promise<number>;
  /** undefined while it runs. */
  exitCode(): number | undefined;
}

/** Resolves once /readyz says so. Rejects with the end of its log when it does not come up. */
export async function startDemoSwitch(config: Config): Promise<DemoSwitch> {
  const logFile = join(config.dataDir, 'demo.log');
  if (await isReady(config)) {
    const stop = (): Promise<number> => Promise.resolve(0);
    return { own: false, logFile, stop, exitCode: () => undefined };
  }
  mkdirSync(config.dataDir, { recursive: true });
  const child = launch(config.file, logFile);
  const ready = await until(async () => {
    if (child.exitCode !== null) return false;
    return (await isReady(config)) ? true : undefined;
  }, READY_MS);
  if (ready !== true) {
    await endChild(child, 2000);
    const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-10).join('\n');
    throw new Error(`The switch did not come up. The end of ${logFile}:\n${tail}`);
  }
  return {
    own: true,
    logFile,
    stop: () => endChild(child, (config.drainSeconds + 30) * 1000),
    exitCode: () => child.exitCode ?? undefined,
  };
}

/** Detached: Ctrl-C in the terminal is for the demo, which ends its calls first. */
function launch(configFile: string, logFile: string): ChildProcess {
  const log = openSync(logFile, 'w');
  const main = repositoryPath('dist/engine/main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', main, '--config', configFile], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}

async function isReady(config: Config): Promise<boolean> {
  try {
    const answer = await fetch(`${config.api.url}/readyz`, { signal: AbortSignal.timeout(2000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
