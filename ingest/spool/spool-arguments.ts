// The command line of `npm run spool` → a checked command. Every error comes with the usage.
import { parseArgs } from 'node:util';
import { TandemError } from '../../engine/base/errors.ts';
import { parseTime, TIME_FORMS } from '../reports/time-expression.ts';
import { DELIVERY } from './consumers.ts';
import type { ReplayFrom } from './replay.ts';

/** What all commands take. */
interface Where {
  /** Path of tandem.yaml; undefined for the default one. */
  readonly config: string | undefined;
  /** Folder of the spool, instead of the one of the configuration. */
  readonly spool: string | undefined;
  /** Undefined: all nodes that have a spool there. */
  readonly node: string | undefined;
}

export type SpoolCommand = Where &
  (
    | { readonly command: 'help' }
    | { readonly command: 'verify' }
    | { readonly command: 'inspect'; readonly records: boolean; readonly call: string | undefined }
    | {
        readonly command: 'replay';
        readonly from: ReplayFrom;
        readonly consumer: string;
        readonly dryRun: boolean;
      }
  );

export const SPOOL_USAGE = [
  'usage: npm run spool -- inspect [--records] [--call ID]',
  '       npm run spool -- verify',
  '       npm run spool -- replay (--from SEQUENCE[:OFFSET] | --since T) [--consumer NAME]',
  '                               [--dry-run]',
  'all:   [--node NAME] [--config FILE | --spool FOLDER]',
  '',
  '  inspect   segments, records by kind, times, and how far they are delivered;',
  '            --records prints the records as JSON lines, --call those of one call (its id)',
  '  verify    reads every frame; damage is named with its place, and the exit code is 1',
  '  replay    has the records from a place or time on delivered once more, by the next start of',
  `            ingest; --consumer: ${DELIVERY} (to ClickHouse or Kafka; default), files or push`,
  `T: ${TIME_FORMS} (UTC)`,
].join('\n');

const OPTIONS = {
  config: { type: 'string' },
  spool: { type: 'string' },
  node: { type: 'string' },
  records: { type: 'boolean' },
  call: { type: 'string' },
  from: { type: 'string' },
  since: { type: 'string' },
  consumer: { type: 'string' },
  'dry-run': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Options of one command alone. */
const TAKEN_BY: Readonly<Record<string, string>> = {
  records: 'inspect',
  call: 'inspect',
  from: 'replay',
  since: 'replay',
  consumer: 'replay',
  'dry-run': 'replay',
};

function wrong(problem: string): TandemError {
  return new TandemError('TDM_SPOOL_ARGUMENTS', `${problem}\n${SPOOL_USAGE}`);
}

type Values = ReturnType<typeof read>['values'];

function read(args: readonly string[]) {
  // `--since -1h` would read as a missing value followed by the flags -1 and -h.
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--since' && args[i + 1] !== undefined) joined.push(`--since=${args[++i]!}`);
    else joined.push(args[i]!);
  }
  try {
    return parseArgs({ args: joined, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param args without node and script
 * @param nowMs UTC epoch milliseconds, for relative times
 * @throws TandemError TDM_SPOOL_ARGUMENTS
 */
export function parseSpoolArguments(args: readonly string[], nowMs: number): SpoolCommand {
  const { values, positionals } = read(args);
  const [command, ...more] = positionals;
  const { config, spool, node } = values;
  const where = { config, spool, node };
  if (values.help === true) return { command: 'help', ...where };
  if (command === undefined) throw wrong('which command?');
  if (more.length > 0) throw wrong(`one command at a time, not also '${more.join(' ')}'`);
  if (config !== undefined && spool !== undefined) throw wrong('--config or --spool, not both');
  for (const [option, taker] of Object.entries(TAKEN_BY)) {
    if (option in values && taker !== command) throw wrong(`${command} takes no --${option}`);
  }
  switch (command) {
    case 'verify':
      return { command, ...where };
    case 'inspect': {
      const { call } = values;
      return { command, records: values.records === true || call !== undefined, call, ...where };
    }
    case 'replay':
      return {
        command,
        from: replayFrom(values, nowMs),
        consumer: values.consumer ?? DELIVERY,
        dryRun: values['dry-run'] === true,
        ...where,
      };
    default:
      throw wrong(`there is no command '${command}'`);
  }
}

function replayFrom({ from, since }: Values, nowMs: number): ReplayFrom {
  if ((from === undefined) === (since === undefined)) throw wrong('replay takes --from or --since');
  if (since !== undefined) {
    const sinceMs = parseTime(since, 'from', 'UTC', nowMs);
    if (sinceMs === undefined) throw wrong(`--since '${since}' is not a time`);
    return { sinceMs };
  }
  const match = /^(\d{1,12})(?::(\d{1,12}))?$/.exec(from!);
  if (match === null)
    throw wrong(`--from '${from}' is not SEQUENCE or SEQUENCE:OFFSET, as in 3:24`);
  return {
    sequence: Number(match[1]),
    offset: match[2] === undefined ? undefined : Number(match[2]),
  };
}
