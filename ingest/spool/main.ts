// The spool command: `npm run spool -- inspect|verify|replay`. Reads the folder beside a running
// switch; only replay changes something, and only while no ingest process works there.
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../../engine/base/clock.ts';
import { explain, TandemError } from '../../engine/base/errors.ts';
import { listNodes } from '../../engine/cdr/spool-segment.ts';
import { loadConfig } from '../../engine/config/load.ts';
import { lockSpool } from '../spool-lock.ts';
import { DELIVERY } from './consumers.ts';
import { inspectRecords, inspectSegments } from './inspect.ts';
import { applyReplay, planReplay } from './replay.ts';
import type { Replay } from './replay.ts';
import type { SpoolCommand } from './spool-arguments.ts';
import { parseSpoolArguments, SPOOL_USAGE } from './spool-arguments.ts';
import { verifySpool } from './verify.ts';

const STDOUT = 1;

/** Waits for whoever reads, so that a long spool is not gathered in memory. */
const print = (text: string): void => {
  writeFileSync(STDOUT, text);
};

function refusal(message: string): TandemError {
  return new TandemError('TDM_SPOOL_ARGUMENTS', message);
}

/** The folder and the nodes in it that the command is about. */
function find({ config, spool, node }: SpoolCommand): { directory: string; nodes: string[] } {
  const directory =
    spool === undefined ? join(loadConfig(config).dataDir, 'spool') : resolve(spool);
  if (!existsSync(directory)) throw refusal(`there is no folder ${directory}.`);
  const nodes = listNodes(directory);
  if (nodes.length === 0) throw refusal(`${directory} has no segments.`);
  if (node === undefined) return { directory, nodes };
  if (nodes.includes(node)) return { directory, nodes: [node] };
  throw refusal(`${directory} has no segments of ${node}; it has those of ${nodes.join(', ')}.`);
}

/** @returns the exit code. */
function verify(directory: string, nodes: readonly string[]): number {
  let damaged = false;
  for (const node of nodes) {
    const { segments, records, problems, remarks } = verifySpool(directory, node);
    damaged ||= problems.length > 0;
    for (const line of [...problems, ...remarks]) print(`${line}\n`);
    const verdict = problems.length === 0 ? 'all good' : `${problems.length} problems`;
    print(`node ${node}: ${segments} segments, ${records} records, ${verdict}\n`);
  }
  return damaged ? 1 : 0;
}

function outcome({ consumer, from, records, bytes }: Replay): string {
  const again =
    consumer.name === DELIVERY
      ? 'ClickHouse keeps one row of each call by its id, which shows at once with FINAL and ' +
        'else after its next merge; readers of the Kafka topic see the records twice.'
      : 'who gets them can tell them by their id.';
  return (
    `The ${consumer.name} goes on at ${from.sequence}:${from.offset} when ingest starts again: ` +
    `${records} records, ${bytes} bytes, once more.\n${again}\n`
  );
}

async function replay(
  directory: string,
  nodes: readonly string[],
  { from, consumer, dryRun }: Extract<SpoolCommand, { command: 'replay' }>,
): Promise<void> {
  const [node, ...others] = nodes;
  if (others.length > 0) throw refusal(`which node? --node ${nodes.join(' or --node ')}`);
  const lock = await lockSpool(directory);
  if (lock === undefined && !dryRun) {
    throw new TandemError('TDM_SPOOL_BUSY', `an ingest process works on ${directory}.`);
  }
  try {
    const plan = planReplay(directory, node!, consumer, from);
    if (!dryRun) applyReplay(plan);
    print(`${dryRun ? 'Nothing is changed by --dry-run.\n' : ''}${outcome(plan)}`);
  } finally {
    lock?.close();
  }
}

async function main(args: readonly string[]): Promise<number> {
  const command = parseSpoolArguments(args, systemClock.wallMs());
  if (command.command === 'help') {
    print(`${SPOOL_USAGE}\n`);
    return 0;
  }
  const { directory, nodes } = find(command);
  switch (command.command) {
    case 'verify':
      return verify(directory, nodes);
    case 'replay':
      await replay(directory, nodes, command);
      return 0;
    case 'inspect':
      if (command.records) inspectRecords(directory, nodes, command.call, print);
      else inspectSegments(directory, nodes, print);
      return 0;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // `| head` has seen enough.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
  process.stderr.write(`${error instanceof TandemError ? explain(error) : String(error)}\n`);
  const badArguments = error instanceof TandemError && error.code === 'TDM_SPOOL_ARGUMENTS';
  process.exitCode = badArguments ? 2 : 1;
}
