// `npm run bench -- calls`: what a call costs, alone or in turn with Kamailio, and how many go
// clean.
import { choiceOf, numberOf, parseArguments, UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { findMaximum } from './find-maximum.ts';
import { bestKamailio } from './kamailio-choice.ts';
import { kamailioVersion, startKamailio } from './kamailio-process.ts';
import type { StartTarget } from './load-target.ts';
import { runLoadRound } from './load-round.ts';
import type { LoadOptions, LoadResult } from './load-round.ts';
import { formatRounds, summarise } from './load-summary.ts';
import { machineLine } from './machine.ts';
import { sippMissing } from './sipp-process.ts';
import { startSwitchTarget } from './switch-target.ts';

export const CALLS_USAGE = `calls [--rate 1000] [--seconds 60] [--warm-up 5] [--rounds 5]
      [--shards 1] [--hold-ms 1500] [--ring-ms 100] [--io auto|native|portable] [--json]
      [--against kamailio] [--kamailio-children N]   the same load through Kamailio, in turn
      [--only kamailio]                              Kamailio alone
      [--find-max]                                   the highest clean rate`;

const KNOWN = {
  rate: 'value',
  seconds: 'value',
  'warm-up': 'value',
  rounds: 'value',
  shards: 'value',
  'hold-ms': 'value',
  'ring-ms': 'value',
  io: 'value',
  against: 'value',
  only: 'value',
  'kamailio-children': 'value',
  'find-max': 'flag',
  json: 'flag',
} as const;

function loadOptions(given: Arguments): LoadOptions {
  return {
    rate: numberOf(given, 'rate', 1000),
    seconds: numberOf(given, 'seconds', 60),
    warmUpSeconds: numberOf(given, 'warm-up', 5, 0),
    holdMs: numberOf(given, 'hold-ms', 1500, 0),
    ringMs: numberOf(given, 'ring-ms', 100, 0),
  };
}

async function kamailioTarget(
  given: Arguments,
  load: LoadOptions,
  say: (line: string) => void,
): Promise<StartTarget> {
  const version = kamailioVersion();
  if (version === undefined) {
    throw new UsageError('kamailio is not installed: apt-get install kamailio');
  }
  say(version);
  const children = numberOf(given, 'kamailio-children', 0, 0, 64);
  const options =
    children > 0 ? { children, allocator: 'tlsf' as const } : await bestKamailio(load, say);
  return (vendorPort) => startKamailio(options, vendorPort);
}

async function rounds(
  targets: readonly StartTarget[],
  count: number,
  load: LoadOptions,
  say: (line: string) => void,
): Promise<LoadResult[]> {
  const results: LoadResult[] = [];
  for (let round = 1; round <= count; round++) {
    for (const target of targets) {
      const result = await runLoadRound(target, load);
      const cpu = result.cpuUsPerCall.toFixed(1);
      say(`round ${round}/${count} ${result.target}: ${cpu} us/call, ${result.failed} failed`);
      if (result.errors !== '') say(result.errors.split('\n').slice(0, 5).join('\n'));
      results.push(result);
    }
  }
  return results;
}

/** Runs the bench; the exit code: 0, or 1 when a call failed or a record was lost. */
export async function runCalls(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, KNOWN);
  const missing = sippMissing();
  if (missing !== undefined) throw new UsageError(missing);
  const json = given.has('json');
  // Progress goes to stderr: stdout holds the result alone.
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const load = loadOptions(given);
  const against = choiceOf(given, 'against', ['none', 'kamailio'], 'none');
  const only = choiceOf(given, 'only', ['tandem', 'kamailio'], 'tandem');
  const io = choiceOf(given, 'io', ['auto', 'native', 'portable'], 'auto');
  const shards = numberOf(given, 'shards', 1, 1, 64);
  say(machineLine());
  const ours: StartTarget = (vendorPort) => startSwitchTarget({ shards, io }, vendorPort);
  const targets = only === 'tandem' ? [ours] : [];
  if (against === 'kamailio' || only === 'kamailio') {
    targets.push(await kamailioTarget(given, load, say));
  }
  if (given.has('find-max')) {
    const found = await findMaximum(targets[0]!, load, say);
    process.stdout.write(
      json
        ? `${JSON.stringify({ machine: machineLine(), ...found })}\n`
        : `${formatRounds(found.tried)}\n\nhighest clean rate: ${found.rate} calls/s\n`,
    );
    return 0;
  }
  const results = await rounds(targets, numberOf(given, 'rounds', 5, 1, 1000), load, say);
  const summary = summarise(results);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ machine: machineLine(), load, results, ...summary })}\n`,
    );
  } else {
    process.stdout.write(`${formatRounds(results)}\n\n${summary.text}\n`);
  }
  return summary.clean ? 0 : 1;
}
