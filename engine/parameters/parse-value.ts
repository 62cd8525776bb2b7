// Turns what an operator wrote for a parameter into its value, or says what is wrong and what is
// allowed. The provision file, the command, and what the store hands back go through here.
import type {
  ParameterName,
  ParameterValues,
  ShardParameterValues,
} from '../base/parameter-values.ts';
import { decimalInRange } from './decimal.ts';
import {
  parseIntegerSet,
  parsePortRange,
  parseSecondsList,
  parseTextList,
  parseWordList,
} from './parse-list.ts';
import type {
  IntegerParameter,
  OptionalIntegerParameter,
  Parameter,
  ParameterValue,
  TextParameter,
} from './parameter-types.ts';
import { PARAMETER_NAMES, PARAMETERS } from './registry.ts';

/** The value in the parameter's type, or the problem as "is ...; must be ...". */
export type ParsedParameter = { readonly value: ParameterValue } | { readonly problem: string };

const ON = new Set<unknown>([true, 'on', 'true', 'yes']);
const OFF = new Set<unknown>([false, 'off', 'false', 'no']);

/** @param raw of YAML or JSON: number, boolean, text (`On`, `None`, `0xa0`, `0.5,1,2`) or list */
export function parseParameter(name: ParameterName, raw: unknown): ParsedParameter {
  const parameter: Parameter = PARAMETERS[name];
  if (parameter.readOnly === true) return { problem: 'is read-only; it cannot be set' };
  const value = parseAs(parameter, typeof raw === 'string' ? raw.trim() : raw);
  if (value !== undefined) return { value };
  const shown = raw === undefined ? 'empty' : shortened(JSON.stringify(raw));
  return { problem: `is ${shown}; must be ${allowedValues(parameter)}` };
}

function shortened(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** What may be written, in words: `a whole number from 1 to 32 (s)`. */
export function allowedValues(parameter: Parameter): string {
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
    case 'decimal':
      return `a decimal from ${parameter.min} to ${parameter.max}${unit}, at most 9 places`;
    case 'port-range':
      return (
        `FIRST-LAST, ports from ${parameter.min} to ${parameter.max}, ` + 'the first below the last'
      );
    case 'word-list':
      return `a list of some of ${parameter.values.join(', ')}`;
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
  const names = PARAMETER_NAMES.filter((name) => name.startsWith('SS_'));
  const { SERVER_BILLING_NO_CDR_E164S, SERVER_TRACE_FILE_LENGTH } = values;
  const ofSoftswitch = Object.fromEntries(names.map((name) => [name, values[name]]));
  return {
    ...(ofSoftswitch as unknown as ParameterValues),
    SERVER_BILLING_NO_CDR_E164S,
    SERVER_TRACE_FILE_LENGTH,
  };
}

function parseAs(parameter: Parameter, written: unknown): ParameterValue | undefined {
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
    case 'decimal':
      return typeof raw === 'number' || typeof raw === 'string'
        ? decimalInRange(String(raw), parameter.min, parameter.max)
        : undefined;
    case 'port-range':
      return parsePortRange(parameter, raw);
    case 'word-list':
      return parseWordList(parameter, raw);
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
