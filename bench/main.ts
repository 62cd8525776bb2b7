// `npm run bench -- NAME [...]`: the benches by name. Results and hardware belong into RESULTS.md.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { repositoryPath } from '../engine/base/paths.ts';
import { UsageError } from './calls/arguments.ts';
import { CALLS_USAGE, runCalls } from './calls/calls.ts';
import { CHURN_USAGE, runChurn } from './calls/churn.ts';
import { DRAIN_USAGE, runDrain } from './calls/drain.ts';
import { FLOOD_USAGE, runFlood } from './calls/flood.ts';
import { HOLD_USAGE, runHold } from './calls/hold.ts';
import { RECORD_COST_USAGE, runRecordCost } from './calls/record-cost.ts';
import { REGISTER_USAGE, runRegister } from './calls/register.ts';
import { INGEST_USAGE, runIngestBench } from './ingest/ingest.ts';
import { KEEPALIVE_USAGE, runKeepAlive } from './keepalive/keepalive.ts';
import { REPORTS_USAGE, runReports } from './reports/reports.ts';

const BENCHES: Readonly<
  Record<string, { usage: string; run: (words: readonly string[]) => Promise<number> }>
> = {
  calls: { usage: CALLS_USAGE, run: runCalls },
  hold: { usage: HOLD_USAGE, run: runHold },
  churn: { usage: CHURN_USAGE, run: runChurn },
  flood: { usage: FLOOD_USAGE, run: runFlood },
  register: { usage: REGISTER_USAGE, run: runRegister },
  drain: { usage: DRAIN_USAGE, run: runDrain },
  keepalive: { usage: KEEPALIVE_USAGE, run: runKeepAlive },
  'record-cost': { usage: RECORD_COST_USAGE, run: runRecordCost },
  ingest: { usage: INGEST_USAGE, run: runIngestBench },
  reports: { usage: REPORTS_USAGE, run: runReports },
};

/** Micro benches are programs of their own, found by their file: bench/micro/NAME.ts. */
function microBenches(): string[] {
  const folder = repositoryPath('dist/bench/micro');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -3))
    .sort();
}

function usage(): string {
  const own = Object.values(BENCHES).map((bench) => `  ${bench.usage}`);
  const micro = microBenches().map((name) => `  ${name}`);
  return ['npm run bench -- NAME [...]', ...own, ...micro].join('\n');
}

async function main(words: readonly string[]): Promise<number> {
  const [name = '', ...rest] = words;
  const bench = BENCHES[name];
  if (bench !== undefined) return bench.run(rest);
  if (microBenches().includes(name)) {
    const file = repositoryPath('dist/bench/micro', `${name}.js`);
    return spawnSync(process.execPath, [file, ...rest], { stdio: 'inherit' }).status ?? 1;
  }
  throw new UsageError(name === '' ? 'no bench is named' : `unknown bench ${name}`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage()}\n`);
  process.exitCode = 2;
}
