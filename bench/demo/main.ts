// `npm run demo`: the switch with live traffic of sample carriers, figures each second, and
// reports. Ctrl-C (or the end of --seconds) ends the calls, then the switch.
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { repositoryPath } from '../../engine/base/paths.ts';
import { loadConfig, type Config } from '../../engine/config/load.ts';
import { loadProvision } from '../../engine/config/provision.ts';
import { DEMO_USAGE, demoArguments, type DemoArguments } from './demo-arguments.ts';
import { startDemoSwitch, type DemoSwitch } from './demo-switch.ts';
import { figuresLine, readFigures, type Figures } from './live-figures.ts';
import { startSampleCarriers } from './sample-carriers.ts';

const FIRST_REPORT_SECONDS = 20;
const HANG_UP_MS = 3000;
const RECORDS_SETTLE_MS = 1500;

async function demo(given: DemoArguments): Promise<number> {
  const config = loadConfig(given.config);
  const provision = loadProvision(config.provision);
  const listen = config.listen[0]!;
  const stopped = stopSignal();
  let exitCode = 0;
  console.log(`Starting the switch: SIP on ${listen.url}, HTTP on ${config.api.url} ...`);
  const under = await startDemoSwitch(config);
  console.log(under.own ? `Its log: ${under.logFile}` : 'It already runs; it stays up afterwards.');
  try {
    const seed = Date.now() % 0x1_0000_0000;
    const carriers = await startSampleCarriers(provision, listen, given.rate, seed);
    console.log(`Vendors: ${carriers.vendors.join(', ')}. Customer: ${given.rate} calls/s.`);
    console.log(
      'Reports, in a second terminal:  npm run report -- gateways  (calls, codes, hours)',
    );
    console.log(`Metrics: ${config.api.url}/metrics   Stop: Ctrl-C\n`);
    try {
      await watch(config, given, under, stopped);
    } finally {
      console.log('\nEnding the calls ...');
      await carriers.stop(HANG_UP_MS);
    }
    await delay(RECORDS_SETTLE_MS);
    report(config, 'gateways');
  } finally {
    if (under.own) console.log('Stopping the switch ...');
    exitCode = await under.stop();
  }
  return exitCode;
}

/** Prints a line per second until told to stop, the time is over, or the switch is gone. */
async function watch(
  config: Config,
  given: DemoArguments,
  under: DemoSwitch,
  stopped: AbortSignal,
): Promise<void> {
  let before = await scrape(config);
  for (let second = 1; second <= given.seconds && !stopped.aborted; second++) {
    await delay(1000, undefined, { signal: stopped }).catch(() => undefined);
    if (under.exitCode() !== undefined) throw new Error(`The switch has ended: ${under.logFile}`);
    const now = await scrape(config);
    if (now !== undefined && before !== undefined) console.log(figuresLine(now, before));
    before = now;
    if (second === FIRST_REPORT_SECONDS) report(config, 'gateways');
  }
}

/** undefined: the switch did not answer this time. */
async function scrape(config: Config): Promise<Figures | undefined> {
  try {
    const answer = await fetch(`${config.api.url}/metrics`, { signal: AbortSignal.timeout(2000) });
    return readFigures(await answer.text(), performance.now());
  } catch {
    return undefined;
  }
}

function report(config: Config, name: string): void {
  console.log(`\n$ npm run report -- ${name}`);
  const main = repositoryPath('dist/ingest/reports/main.js');
  const args = ['--enable-source-maps', main, name, '--config', config.file];
  spawnSync(process.execPath, args, { stdio: 'inherit' });
  console.log();
}

/** The first signal ends the demo in order, a second one at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}

const given = demoArguments(process.argv.slice(2));
if (typeof given === 'string') {
  process.stderr.write(`${given}\n\n${DEMO_USAGE}`);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await demo(given);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
