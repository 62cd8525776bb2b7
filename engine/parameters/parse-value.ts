// Turns what an operator wrote for a parameter into its value, or says what is wrong and what is
// allowed. Provisioning and, later, the API go through here.
import type { ParameterName, ParameterValues } from '../base/parameter-values.ts';
import { PARAMETER_NAMES, PARAMETERS } from './registry.ts';
import type {
  IntegerParameter,
  OptionalIntegerParameter,
  Parameter,
  SecondsListParameter,
} from './registry.ts';

/** The value in the parameter's type, or the problem as "is ...; must be ...". */
export type ParsedParameter = { readonly value: unknown } | { readonly problem: string };

const ON = new Set<unknown>([true, 'on', 'true', 'yes']);
const OFF = new Set<unknown>([false, 'off', 'false', 'no']);

/** @param raw of YAML or JSON: number, boolean, text (`On`, `None`, `0xa0`, `0.5,1,2`) or list */
export function parseParameter(name: ParameterName, raw: unknown): ParsedParameter {
  const parameter: Parameter = PARAMETERS[name];
  const value = parseAs(parameter, typeof raw === 'string' ? raw.trim().toLowerCase() : raw);
  if (value !== undefined) return { value };
  const shown = raw === undefined ? 'empty' : JSON.stringify(raw);
  return { problem: `is ${shown}; must be ${allowedValues(parameter)}` };
}

/** What may be written, in words: `a whole number from 1 to 32 (s)`. */
function allowedValues(parameter: Parameter): string {
  const unit = parameter.unit === null ? '' : ` (${parameter.unit})`;
  switch (parameter.type) {
    case 'boolean':
      return 'On or Off (true or false)';
    case 'integer':
      return `a whole number from ${parameter.min} to ${parameter.max}${unit}`;
    case 'integer-or-none':
      return `None or a whole number from ${parameter.min} to ${parameter.max}${unit}`;
    case 'seconds-list':
      return (
        `a list of 1 to ${parameter.maxEntries} seconds from ${parameter.min} to ` +
        `${parameter.max}, none smaller than the one before, at most ${parameter.maxSum} s in all`
      );
  }
}

/** All values: the given ones over the defaults. */
export function parameterValues(given: Partial<ParameterValues> = {}): ParameterValues {
  const values: Partial<Record<ParameterName, unknown>> = {};
  for (const name of PARAMETER_NAMES) values[name] = given[name] ?? PARAMETERS[name].default;
  return values as ParameterValues;
}

function parseAs(parameter: Parameter, raw: unknown): unknown {
  switch (parameter.type) {
    case 'boolean':
      return ON.has(raw) ? true : OFF.has(raw) ? false : undefined;
    case 'integer':
      return parseInteger(parameter, raw);
    case 'integer-or-none':
      return raw === 'none' || raw === null ? null : parseInteger(parameter, raw);
    case 'seconds-list':
      return parseSecondsList(parameter, raw);
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

function parseSecondsList(
  { min, max, maxEntries, maxSum }: SecondsListParameter,
  raw: unknown,
): readonly number[] | undefined {
  const items: unknown[] = Array.isArray(raw) ? raw : String(raw).split(',');
  const values: number[] = [];
  for (const item of items) {
    const text = typeof item === 'number' ? String(item) : item;
    if (typeof text !== 'string' || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return undefined;
    const value = Number(text);
    if (value < min || value > max || value < (values.at(-1) ?? 0)) return undefined;
    values.push(value);
  }
  const sum = values.reduce((total, value) => total + value, 0);
  const fits = values.length >= 1 && values.length <= maxEntries && sum <= maxSum;
  return fits ? values : undefined;
}
