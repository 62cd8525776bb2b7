// Turns what an operator wrote for a parameter into its value, or says what is wrong and what is
// allowed. Provisioning and, later, the API go through here.
import type {
  ParameterName,
  ParameterValues,
  ShardParameterValues,
  SoftswitchParameterValues,
} from '../base/parameter-values.ts';
import { parseIntegerSet, parseSecondsList, parseTextList } from './parse-list.ts';
import type {
  IntegerParameter,
  OptionalIntegerParameter,
  Parameter,
  TextParameter,
} from './parameter-types.ts';
import { PARAMETER_NAMES, PARAMETERS } from './registry.ts';
import { SOFTSWITCH_PARAMETERS } from './softswitch-parameters.ts';

/** The value in the parameter's type, or the problem as "is ...; must be ...". */
export type ParsedParameter = { readonly value: unknown } | { readonly problem: string };

const ON = new Set<unknown>([true, 'on', 'true', 'yes']);
const OFF = new Set<unknown>([false, 'off', 'false', 'no']);

/** @param raw of YAML or JSON: number, boolean, text (`On`, `None`, `0xa0`, `0.5,1,2`) or list */
export function parseParameter(name: ParameterName, raw: unknown): ParsedParameter {
  const parameter: Parameter = PARAMETERS[name];
  const value = parseAs(parameter, typeof raw === 'string' ? raw.trim() : raw);
  if (value !== undefined) return { value };
  const shown = raw === undefined ? 'empty' : shortened(JSON.stringify(raw));
  return { problem: `is ${shown}; must be ${allowedValues(parameter)}` };
}

function shortened(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** What may be written, in words: `a whole number from 1 to 32 (s)`. */
function allowedValues(parameter: Parameter): string {
  const unit = parameter.unit === null ? '' : ` (${parameter.unit})`;
  switch (parameter.type) {
    case 'boolean':
      return 'On or Off (true or false)';
    case 'integer':
      return `a whole number from ${parameter.min} to ${parameter.max}${unit}`;
    case 'integer-or-none': {
      const none = parameter.noneText ?? 'None';
      return `${none} or a whole number from ${parameter.min} to ${parameter.max}${unit}`;
    }
    case 'enum':
      return `one of ${parameter.values.join(', ')}`;
    case 'integer-set':
      return `empty or a list of whole numbers from ${parameter.min} to ${parameter.max}${unit}`;
    case 'seconds-list':
      return (
        `a list of 1 to ${parameter.maxEntries} seconds from ${parameter.min} to ` +
        `${parameter.max}, none smaller than the one before, at most ${parameter.maxSum} s in all`
      );
    case 'text':
      return `empty or ${parameter.form}`;
    case 'text-list':
      return `empty or a list of at most ${parameter.maxEntries} ${parameter.form}`;
  }
}

/** All values: the given ones over the defaults. */
export function parameterValues(given: Partial<ParameterValues> = {}): ParameterValues {
  const values: Partial<Record<ParameterName, unknown>> = {};
  for (const name of PARAMETER_NAMES) values[name] = given[name] ?? PARAMETERS[name].default;
  return values as ParameterValues;
}

/** The values that shards need: the others stay out of the snapshot. */
export function shardParameters(values: ParameterValues): ShardParameterValues {
  const names = Object.keys(SOFTSWITCH_PARAMETERS) as (keyof SoftswitchParameterValues)[];
  const { SERVER_BILLING_NO_CDR_E164S, SERVER_TRACE_FILE_LENGTH } = values;
  return {
    ...(Object.fromEntries(names.map((name) => [name, values[name]])) as unknown as Pick<
      ParameterValues,
      keyof SoftswitchParameterValues
    >),
    SERVER_BILLING_NO_CDR_E164S,
    SERVER_TRACE_FILE_LENGTH,
  };
}

/** A rule over two parameters that is broken: which one to name, and "is ...; must be ...". */
export interface ParameterConflict {
  readonly name: ParameterName;
  readonly problem: string;
}

/** What single values cannot show; defaults count as given. */
export function parameterConflicts(given: Partial<ParameterValues>): ParameterConflict[] {
  const values = parameterValues(given);
  const { SERVER_QUERY_MAX_SIZE: most, SERVER_QUERY_ONE_PAGE_SIZE: page } = values;
  if (most >= page) return [];
  if (given.SERVER_QUERY_MAX_SIZE === undefined) {
    const problem = `is ${page}; must be at most SERVER_QUERY_MAX_SIZE (${most})`;
    return [{ name: 'SERVER_QUERY_ONE_PAGE_SIZE', problem }];
  }
  const problem = `is ${most}; must be at least SERVER_QUERY_ONE_PAGE_SIZE (${page})`;
  return [{ name: 'SERVER_QUERY_MAX_SIZE', problem }];
}

function parseAs(parameter: Parameter, written: unknown): unknown {
  const raw = typeof written === 'string' ? written.toLowerCase() : written;
  switch (parameter.type) {
    case 'boolean':
      return ON.has(raw) ? true : OFF.has(raw) ? false : undefined;
    case 'integer':
      return parseInteger(parameter, raw);
    case 'integer-or-none':
      return isNone(parameter, raw) ? null : parseInteger(parameter, raw);
    case 'enum':
      return parameter.values.find((value) => value.toLowerCase() === String(raw));
    case 'seconds-list':
      return parseSecondsList(parameter, raw);
    case 'integer-set':
      return parseIntegerSet(parameter, raw);
    case 'text':
      return parseText(parameter, written);
    case 'text-list':
      return parseTextList(parameter, written);
  }
}

function parseInteger(
  { min, max }: IntegerParameter | OptionalIntegerParameter,
  raw: unknown,
): number | undefined {
  const isText = typeof raw === 'string' && /^(-?\d+|0x[0-9a-f]+)$/.test(raw);
  const value = isText ? Number(raw) : raw;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined;
  return value >= min && value <= max ? value : undefined;
}

function isNone({ noneText }: OptionalIntegerParameter, raw: unknown): boolean {
  return raw === null || raw === 'none' || raw === noneText?.toLowerCase();
}

function parseText({ accepts }: TextParameter, written: unknown): string | undefined {
  if (written === null || written === '') return '';
  if (typeof written !== 'string') return undefined;
  return written.toLowerCase() === 'none' ? '' : accepts(written) ? written : undefined;
}
