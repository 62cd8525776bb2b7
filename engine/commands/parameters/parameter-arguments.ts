// The command line of `npm run parameters` → a checked command. Every error comes with the usage.
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { TandemError } from '../../base/errors.ts';
import type { ParameterWish } from '../../config/change-parameters.ts';

/** What all commands take. */
interface Common {
  /** Path of tandem.yaml; undefined for the default one. */
  readonly config: string | undefined;
  readonly json: boolean;
}

export type ParameterCommand = Common &
  (
    | { readonly command: 'help' }
    | {
        readonly command: 'list';
        /** Part of a name or a meaning. */
        readonly text: string;
        readonly category: string;
        /** Only what differs from its default. */
        readonly changed: boolean;
      }
    | { readonly command: 'get'; readonly name: string }
    | {
        readonly command: 'change';
        readonly wishes: readonly ParameterWish[];
        readonly user: string;
        readonly note: string;
      }
    | { readonly command: 'history'; readonly name: string | undefined; readonly limit: number }
  );

export const PARAMETER_USAGE = [
  'usage: npm run parameters -- list [TEXT] [--category C] [--changed]',
  '       npm run parameters -- get NAME',
  '       npm run parameters -- set NAME=VALUE... [--note TEXT] [--user NAME]',
  '       npm run parameters -- reset NAME... [--note TEXT] [--user NAME]',
  '       npm run parameters -- history [NAME] [--limit N]',
  'all:   [--json] [--config FILE]',
  '',
  '  list      name, value, default, range, unit, effect and meaning; TEXT is a part of the name',
  '            or the meaning, C the start of a category such as softswitch.sip; --changed: only',
  '            what differs from its default',
  '  get       one of them, with its category, overrides and rules',
  '  set       several are set together or not at all; a running switch follows within half a',
  '            second. Lists with commas, switches On or Off, None where there may be none',
  '  reset     back to the default',
  '  history   who changed what and when, the newest first',
].join('\n');

const OPTIONS = {
  config: { type: 'string' },
  json: { type: 'boolean' },
  category: { type: 'string' },
  changed: { type: 'boolean' },
  note: { type: 'string' },
  user: { type: 'string' },
  limit: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** Options of some commands alone. */
const TAKEN_BY: Readonly<Record<string, readonly string[]>> = {
  category: ['list'],
  changed: ['list'],
  note: ['set', 'reset'],
  user: ['set', 'reset'],
  limit: ['history'],
};

function wrong(problem: string): TandemError {
  return new TandemError('TDM_PARAMETER_ARGUMENTS', `${problem}\n${PARAMETER_USAGE}`);
}

type Values = ReturnType<typeof read>['values'];

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param args without node and script
 * @throws TandemError TDM_PARAMETER_ARGUMENTS
 */
export function parseParameterArguments(args: readonly string[]): ParameterCommand {
  const { values, positionals } = read(args);
  const [command, ...rest] = positionals;
  const common = { config: values.config, json: values.json === true };
  if (values.help === true) return { command: 'help', ...common };
  if (command === undefined) throw wrong('which command?');
  for (const [option, takers] of Object.entries(TAKEN_BY)) {
    if (option in values && !takers.includes(command)) {
      throw wrong(`${command} takes no --${option}`);
    }
  }
  switch (command) {
    case 'list': {
      const { category = '', changed = false } = values;
      return { command, text: rest.join(' '), category, changed, ...common };
    }
    case 'get':
      if (rest.length !== 1) throw wrong('get takes one NAME');
      return { command, name: rest[0]!, ...common };
    case 'set':
      return { ...change(rest.map(assignment), values), ...common };
    case 'reset':
      return {
        ...change(
          rest.map((name) => ({ name, raw: undefined })),
          values,
        ),
        ...common,
      };
    case 'history':
      if (rest.length > 1) throw wrong('history takes one NAME at most');
      return { command, name: rest[0], limit: limit(values.limit), ...common };
    default:
      throw wrong(`there is no command '${command}'`);
  }
}

function change(
  wishes: readonly ParameterWish[],
  { user, note = '' }: Values,
): {
  readonly command: 'change';
  readonly wishes: readonly ParameterWish[];
  readonly user: string;
  readonly note: string;
} {
  if (wishes.length === 0) throw wrong('which parameters?');
  return { command: 'change', wishes, user: user ?? userInfo().username, note };
}

function assignment(text: string): ParameterWish {
  const at = text.indexOf('=');
  if (at < 1) throw wrong(`'${text}' is not NAME=VALUE`);
  return { name: text.slice(0, at), raw: text.slice(at + 1) };
}

function limit(text = '50'): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw wrong(`--limit '${text}' is not a number from 1 to 999999`);
  return value;
}
