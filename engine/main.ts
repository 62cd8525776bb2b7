// The edge process: `npm start [-- --config FILE]`. Reads the configuration, starts the edge, and
// turns signals into what operators expect: TERM and INT drain and end, HUP reads the provision
// again.
import { parseArgs } from 'node:util';
import { explain, TandemError } from './base/errors.ts';
import { loadConfig } from './config/load.ts';
import { Edge } from './edge/edge.ts';
import { openLog } from './edge/log.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const config = loadConfig(values.config);
  const log = openLog(config.node);
  const edge = await Edge.start(config, log);
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stop requested');
    void edge.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    void edge.reload();
  });
}

/** Mistakes of the operator in words, ours with the stack. */
function describe(error: unknown): string {
  if (error instanceof TandemError) return explain(error);
  if (!(error instanceof Error)) return String(error);
  const ofArguments = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  return ofArguments ? error.message : String(error.stack);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(2);
}
