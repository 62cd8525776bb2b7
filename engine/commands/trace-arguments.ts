// The command line of `npm run trace` → a checked command. Every error comes with the usage.
import { parseArgs } from 'node:util';
import { TandemError } from '../base/errors.ts';
import type { TraceKind } from '../base/trace-filter.ts';
import { formatCidr, parseCidr } from '../routing/cidr.ts';
import type { LadderDetail } from '../trace/ladder.ts';

/** Whose messages: one call, one trace. */
export interface Subject {
  readonly of: 'call' | 'trace';
  readonly name: string;
}

export type TraceCommand = { readonly config: string | undefined } & (
  | { readonly command: 'help' }
  | { readonly command: 'list' }
  | { readonly command: 'stop'; readonly id: number }
  | { readonly command: 'calls'; readonly trace: number | undefined }
  | {
      readonly command: 'show';
      readonly subject: Subject;
      readonly detail: LadderDetail;
      readonly follow: boolean;
    }
  | { readonly command: 'pcap'; readonly subject: Subject; readonly out: string }
  | {
      readonly command: 'start';
      readonly kind: TraceKind;
      readonly value: string;
      readonly secrets: boolean;
      readonly forMs: number;
      readonly maxMessages: number;
      readonly maxBytes: number;
    }
);

export const TRACE_USAGE = [
  'usage: npm run trace -- start (--number N | --gateway NAME | --ip ADDRESS | --call-id ID)',
  '                              [--for 10m] [--max-messages 10000] [--max-bytes 64M] [--secrets]',
  '       npm run trace -- list',
  '       npm run trace -- stop ID',
  '       npm run trace -- calls [--trace ID]',
  '       npm run trace -- (--call ID | --trace ID) [--headers | --messages] [--follow]',
  '       npm run trace -- pcap (--call ID | --trace ID) --out FILE',
  'all:   [--config FILE]',
  '',
  '  start     takes down the messages of new calls: from or to a number ("4420*": all that begin',
  '            so), of a gateway, of an address or range, or of one call, also while it runs;',
  '            it ends by itself. --secrets leaves digest responses and keys unmasked',
  '  --call    a call as a ladder, by its id in the CDR or the Call-ID of either leg; --headers',
  '            adds request line, From, To and Contact, --messages all; --follow goes on',
  '  pcap      the same for Wireshark and sngrep; what went over TCP or TLS is shown as UDP',
].join('\n');

const OPTIONS = {
  config: { type: 'string' },
  help: { type: 'boolean' },
  number: { type: 'string' },
  gateway: { type: 'string' },
  ip: { type: 'string' },
  'call-id': { type: 'string' },
  for: { type: 'string' },
  'max-messages': { type: 'string' },
  'max-bytes': { type: 'string' },
  secrets: { type: 'boolean' },
  trace: { type: 'string' },
  call: { type: 'string' },
  headers: { type: 'boolean' },
  messages: { type: 'boolean' },
  follow: { type: 'boolean' },
  out: { type: 'string' },
} as const;

const KINDS: Readonly<Record<'number' | 'gateway' | 'ip' | 'call-id', TraceKind>> = {
  number: 'number',
  gateway: 'gateway',
  ip: 'ip',
  'call-id': 'call',
};

/** What each command takes besides --config. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  start: [...Object.keys(KINDS), 'for', 'max-messages', 'max-bytes', 'secrets'],
  list: [],
  stop: [],
  calls: ['trace'],
  show: ['call', 'trace', 'headers', 'messages', 'follow'],
  pcap: ['call', 'trace', 'out'],
};

const MAX_FOR_MS = 24 * 3_600_000;
const DEFAULT_FOR = '10m';
const MAX_MESSAGES = 1_000_000;
const MAX_BYTES = 1 << 30;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const SIZES: Readonly<Record<string, number>> = { '': 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };
/** Letters too: users of phones may have names. */
const NUMBER = /^\+?[\w#.-]{0,64}\*?$/;

function wrong(problem: string): TandemError {
  return new TandemError('TDM_TRACE_ARGUMENTS', `${problem}\n${TRACE_USAGE}`);
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

type Values = ReturnType<typeof read>['values'];

/**
 * @param args without node and script
 * @throws TandemError TDM_TRACE_ARGUMENTS
 */
export function parseTraceArguments(args: readonly string[]): TraceCommand {
  const { values, positionals } = read(args);
  const { config } = values;
  if (values.help === true) return { command: 'help', config };
  const [command = 'show', ...more] = positionals;
  const taken = TAKEN[command];
  if (taken === undefined || (command === 'show' && positionals.length > 0)) {
    throw wrong(`there is no command '${command}'`);
  }
  for (const option of Object.keys(values)) {
    if (option !== 'config' && !taken.includes(option)) {
      const what = command === 'show' ? 'a ladder' : command;
      throw wrong(`${what} takes no --${option}`);
    }
  }
  const given = more.slice(command === 'stop' ? 1 : 0);
  if (given.length > 0) throw wrong(`what is '${given.join(' ')}'?`);
  switch (command) {
    case 'start':
      return { command, config, ...started(values) };
    case 'stop':
      return { command, config, id: idOf(more[0], 'stop') };
    case 'calls': {
      const trace = values.trace === undefined ? undefined : idOf(values.trace, '--trace');
      return { command, config, trace };
    }
    case 'pcap':
      if (values.out === undefined) throw wrong('pcap takes --out FILE');
      return { command, config, subject: subjectOf(values), out: values.out };
    case 'list':
      return { command, config };
    default:
      return shown(values);
  }
}

function shown(values: Values): TraceCommand {
  const { config, headers, messages, follow = false } = values;
  if (headers === true && messages === true) throw wrong('--headers or --messages, not both');
  const detail = messages === true ? 'messages' : headers === true ? 'headers' : 'none';
  return { command: 'show', config, subject: subjectOf(values), detail, follow };
}

function subjectOf({ call, trace }: Values): Subject {
  if ((call === undefined) === (trace === undefined)) throw wrong('--call ID or --trace ID?');
  if (call !== undefined) return { of: 'call', name: call };
  return { of: 'trace', name: String(idOf(trace, '--trace')) };
}

function idOf(text: string | undefined, what: string): number {
  if (text === undefined || !/^[1-9]\d{0,8}$/.test(text)) {
    throw wrong(`${what} takes the number of a trace, as \`list\` shows it`);
  }
  return Number(text);
}

function started(values: Values) {
  const kinds = (Object.keys(KINDS) as (keyof typeof KINDS)[]).filter(
    (option) => values[option] !== undefined,
  );
  const [option, ...others] = kinds;
  if (option === undefined || others.length > 0) {
    throw wrong('start takes one of --number, --gateway, --ip and --call-id');
  }
  return {
    kind: KINDS[option],
    value: checkedValue(KINDS[option], values[option]!),
    secrets: values.secrets === true,
    forMs: duration(values.for ?? DEFAULT_FOR),
    maxMessages: amount('--max-messages', values['max-messages'] ?? '10000', MAX_MESSAGES),
    maxBytes: amount('--max-bytes', values['max-bytes'] ?? '64M', MAX_BYTES),
  };
}

function checkedValue(kind: TraceKind, value: string): string {
  if (value === '') throw wrong('an empty name names nothing');
  if (kind === 'number' && !NUMBER.test(value)) {
    throw wrong(`--number '${value}' must be a number; "*" may stand at its end`);
  }
  if (kind !== 'ip') return value;
  const range = parseCidr(value);
  if (range === undefined) throw wrong(`--ip '${value}' must be an address or a CIDR range`);
  return formatCidr(range);
}

function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const ms = unit === undefined ? 0 : Number(count) * UNITS[unit]!;
  if (ms < 1000 || ms > MAX_FOR_MS) {
    throw wrong(`--for '${text}' must be from 1s to 24h, such as 90s, 10m or 2h`);
  }
  return ms;
}

function amount(option: string, text: string, max: number): number {
  const [, count, size = ''] = /^(\d{1,10})([KMG]?)$/.exec(text) ?? [];
  const value = count === undefined ? 0 : Number(count) * SIZES[size]!;
  if (value < 1 || value > max) {
    throw wrong(`${option} '${text}' must be a whole number from 1 to ${max}`);
  }
  return value;
}
