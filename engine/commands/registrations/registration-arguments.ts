// The command line of `npm run registrations` → a checked command.
import { parseArgs } from 'node:util';
import { TandemError } from '../../base/errors.ts';

export type RegistrationCommand =
  | { readonly command: 'help' }
  | ({ readonly command: 'list' } & Common)
  | ({ readonly command: 'show' | 'end'; readonly aor: string } & Common);

interface Common {
  /** Path of tandem.yaml; undefined for the default one. */
  readonly config: string | undefined;
  readonly json: boolean;
}

export const REGISTRATION_USAGE = [
  'usage: npm run registrations -- list        who is registered, who failed or is suspended',
  '       npm run registrations -- show AOR    everything about one phone or gateway',
  '       npm run registrations -- end AOR     ends its registrations and its suspension; AOR may',
  '                                            be a suspended source address as well',
  'all:   [--json] [--config FILE]',
].join('\n');

const OPTIONS = {
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** @throws TandemError TDM_REGISTRATION_ARGUMENTS with the usage */
export function parseRegistrationArguments(args: readonly string[]): RegistrationCommand {
  const { values, positionals } = parsed(args);
  const [command, aor, ...more] = positionals;
  if (values.help === true || command === undefined) return { command: 'help' };
  const common = { config: values.config, json: values.json ?? false };
  if (command === 'list' && aor === undefined) return { command, ...common };
  if ((command === 'show' || command === 'end') && aor !== undefined && more.length === 0) {
    return { command, aor, ...common };
  }
  throw refusal(`"${positionals.join(' ')}" is no command.`);
}

function parsed(args: readonly string[]): {
  values: { config?: string; json?: boolean; help?: boolean };
  positionals: string[];
} {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw refusal(`${(error as Error).message}.`);
  }
}

function refusal(message: string): TandemError {
  return new TandemError('TDM_REGISTRATION_ARGUMENTS', `${message}\n${REGISTRATION_USAGE}`);
}
