// Pieces that the keys of provision.yaml are made of: names, digits, limits, switches.
import { Type } from 'typebox';
import type { TArray, TBoolean, TInteger, TObject, TProperties, TSchema, TUnsafe } from 'typebox';
import { MAX_PREFIX_DIGITS } from '../routing/route-deck.ts';

const MAX_INT32 = 0x7fffffff;

export function entry<P extends TProperties>(properties: P, description: string): TObject<P> {
  return Type.Object(properties, { additionalProperties: false, description });
}

export function listOf<S extends TSchema>(items: S, description: string): TArray<S> {
  return Type.Array(items, { default: [], description });
}

export function wholeNumber(
  minimum: number,
  maximum: number,
  options: { default?: number } = {},
): TInteger {
  return Type.Integer({
    minimum,
    maximum,
    description: `a whole number from ${minimum} to ${maximum}`,
    ...options,
  });
}

/** One of a few words. */
export function oneOf<T extends string>(words: readonly T[], fallback: T): TUnsafe<T> {
  return Type.Unsafe<T>({
    type: 'string',
    enum: [...words],
    default: fallback,
    description: `one of ${words.join(', ')}`,
  });
}

/** A switch. */
export function onOff(fallback: boolean): TBoolean {
  return Type.Boolean({ default: fallback, description: 'true or false' });
}

export const NAME = Type.String({
  pattern: '^[^\\s\\x00-\\x1f]([^\\x00-\\x1f]{0,62}[^\\s\\x00-\\x1f])?$',
  description: 'a name of 1 to 64 characters, no space at its ends',
});
export const PREFIX = Type.String({
  pattern: `^[0-9]{0,${MAX_PREFIX_DIGITS}}$`,
  description: `digits in quotes, at most ${MAX_PREFIX_DIGITS}; "" stands for every number`,
});
/** Absent: not limited. */
export const LIMIT = Type.Optional(wholeNumber(0, MAX_INT32 - 1));
/** 0: no limit. */
export const CALL_SECONDS = wholeNumber(0, 31_536_000, { default: 0 });
export const USERNAME = Type.Optional(
  Type.String({ minLength: 1, maxLength: 256, description: 'a text in quotes' }),
);
export const PASSWORD = Type.Optional(
  Type.String({ maxLength: 256, description: 'a text in quotes' }),
);
/** Dial rules: source pattern to target, as `{ "0": "44", "*": "00*" }`. */
export const REWRITE_RULES = Type.Record(
  Type.String(),
  Type.String({
    pattern: '^[0-9A-Za-z+#*]{0,64}$',
    description: 'digits in quotes, at most 64; "*" stands for the whole number',
  }),
  { default: {}, description: 'a map of rules such as { "010": "025", "*": "00*" }' },
);
