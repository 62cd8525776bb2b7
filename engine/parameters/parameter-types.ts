// What can be said about a parameter: its type with range or form, default, unit and meaning.
// The entries stand in a file for each category; registry.ts has them all, parse-value.ts reads
// values.

interface Described<T> {
  readonly default: T;
  /** Unit of the value; null for switches and texts. */
  readonly unit: string | null;
  readonly meaning: string;
  /** Setting of a gateway or phone that goes before it, in words; absent: it has no override. */
  readonly override?: string;
  /** It tells something and cannot be set. */
  readonly readOnly?: true;
}

/** On or off; written true/false, On/Off. */
export interface BooleanParameter extends Described<boolean> {
  readonly type: 'boolean';
}

/** Whole number within `min`..`max`, both allowed. */
export interface IntegerParameter extends Described<number> {
  readonly type: 'integer';
  readonly min: number;
  readonly max: number;
}

/** Whole number within `min`..`max`, or None (null): no limit, or switched off. */
export interface OptionalIntegerParameter extends Described<number | null> {
  readonly type: 'integer-or-none';
  readonly min: number;
  readonly max: number;
  /** What null is called besides None. */
  readonly noneText?: string;
}

/** One of a few words, upper and lower case alike. */
export interface EnumParameter<T extends string = string> extends Described<T> {
  readonly type: 'enum';
  readonly values: readonly T[];
}

/** List of seconds, fractions allowed, not descending; each within `min`..`max`. */
export interface SecondsListParameter extends Described<readonly number[]> {
  readonly type: 'seconds-list';
  readonly min: number;
  readonly max: number;
  readonly maxEntries: number;
  /** Largest sum of all entries, seconds. */
  readonly maxSum: number;
}

/** Set of whole numbers within `min`..`max`, kept ascending and without doubles; may be empty. */
export interface IntegerSetParameter extends Described<readonly number[]> {
  readonly type: 'integer-set';
  readonly min: number;
  readonly max: number;
}

/** A text; empty means none. */
export interface TextParameter extends Described<string> {
  readonly type: 'text';
  /** Whether a text that is not empty may be set. */
  readonly accepts: (text: string) => boolean;
  /** Completes "must be empty or ...". */
  readonly form: string;
}

/** List of texts without doubles, in the order written; may be empty. */
export interface TextListParameter extends Described<readonly string[]> {
  readonly type: 'text-list';
  readonly pattern: RegExp;
  readonly maxEntries: number;
  /** Completes "a list of ...". */
  readonly form: string;
}

/** A decimal number within `min`..`max`, kept as it was written. */
export interface DecimalParameter extends Described<string> {
  readonly type: 'decimal';
  readonly min: string;
  readonly max: string;
}

/** First and last port, the first below the last, written `10000-39999`. */
export interface PortRangeParameter extends Described<readonly [number, number]> {
  readonly type: 'port-range';
  readonly min: number;
  readonly max: number;
}

/** Some of a few words, upper and lower case alike, each once, in the order of preference. */
export interface WordListParameter extends Described<readonly string[]> {
  readonly type: 'word-list';
  readonly values: readonly string[];
}

/** What a value of any parameter is; plain JSON. */
export type ParameterValue =
  boolean | number | string | null | readonly number[] | readonly string[];

export type Parameter =
  | BooleanParameter
  | IntegerParameter
  | OptionalIntegerParameter
  | EnumParameter
  | SecondsListParameter
  | IntegerSetParameter
  | TextParameter
  | TextListParameter
  | DecimalParameter
  | PortRangeParameter
  | WordListParameter;

/** The kinds of parameter that a value of type `T` may have. */
export type ParameterOf<T> = [T] extends [string]
  ? string extends T
    ? TextParameter | DecimalParameter | EnumParameter
    : EnumParameter<T>
  : Extract<Parameter, Described<T>>;

/** A whole number of seconds. */
export function seconds(
  defaultValue: number,
  min: number,
  max: number,
  meaning: string,
): IntegerParameter {
  return { type: 'integer', default: defaultValue, min, max, unit: 's', meaning };
}

/** A switch. */
export function onOff(defaultValue: boolean, meaning: string): BooleanParameter {
  return { type: 'boolean', default: defaultValue, unit: null, meaning };
}

/** One of a few words. */
export function oneOf<const T extends readonly string[]>(
  defaultValue: T[number],
  values: T,
  meaning: string,
): EnumParameter<T[number]> {
  return { type: 'enum', default: defaultValue, values, unit: null, meaning };
}

/** A whole number of something else than seconds. */
export function whole(
  defaultValue: number,
  min: number,
  max: number,
  unit: string,
  meaning: string,
): IntegerParameter {
  return { type: 'integer', default: defaultValue, min, max, unit, meaning };
}

export function decimal(
  defaultValue: string,
  min: string,
  max: string,
  unit: string,
  meaning: string,
): DecimalParameter {
  return { type: 'decimal', default: defaultValue, min, max, unit, meaning };
}

export function ports(
  defaultValue: readonly [number, number],
  min: number,
  max: number,
  meaning: string,
): PortRangeParameter {
  return { type: 'port-range', default: defaultValue, min, max, unit: 'ports', meaning };
}

export function words(
  defaultValue: readonly string[],
  values: readonly string[],
  unit: string,
  meaning: string,
): WordListParameter {
  return { type: 'word-list', default: defaultValue, values, unit, meaning };
}
