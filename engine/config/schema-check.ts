// Checks a file's data against a TypeBox schema with Ajv and puts its findings into an operator's
// words: which key, what is wrong, what is allowed. Every leaf of a schema has a `description` that
// completes the sentence "must be ...". Missing keys get their defaults.
import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { parseMoney } from '../base/money.ts';
import { parseIp } from '../base/ip-address.ts';
import { parseCidr } from '../routing/cidr.ts';
import { didYouMean } from './nearest-name.ts';
import type { KeyPath, ProblemList } from './problem-list.ts';

/** RFC 1123 2.1; a last label of digits alone would be an address with a slip in it. */
const HOST_NAME =
  /^(?!.{254})([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i;

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  useDefaults: true,
  strict: true,
  allowUnionTypes: true,
});
ajv.addFormat('money', (text: string) => parseMoney(text) !== undefined);
ajv.addFormat('ip-or-host', (text: string) => isIp(text) || HOST_NAME.test(text));
ajv.addFormat('ip-or-cidr', (text: string) => parseCidr(text) !== undefined);

function isIp(text: string): boolean {
  return parseIp(text, new Int32Array(4)) !== 0;
}

/** The parts of a schema that messages are made of; Ajv types them as any. */
interface SchemaNode {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** A value of which any part may be missing because it was refused. */
export type Partially<T> = T extends readonly (infer U)[]
  ? readonly (Partially<U> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Partially<T[K]> | undefined }
    : T;

export interface CheckedData<T> {
  /** What is left when the refused values are taken out: for further checks, which note more. */
  readonly accepted: Partially<T>;
  /** The whole, defaults filled in. @throws TandemError of the file with every problem noted */
  complete(): T;
}

/** Notes every violation of the schema as a problem of the file. May change `data`. */
export function checkSchema<S extends TSchema>(
  schema: S,
  file: ProblemList,
  data: unknown,
): CheckedData<Static<S>> {
  const validate = ajv.compile<Static<S>>(schema);
  const valid = validate(data);
  const told = new Set<string>();
  for (const error of validate.errors ?? []) {
    const path = keyPath(error.instancePath, data);
    const [at, text, isKey] = describe(error, path);
    const once = `${at.join('/')} ${text}`;
    if (!told.has(once)) file.problem(at, text, isKey);
    told.add(once);
  }
  // Only now: the paths above are read against the whole data.
  const refused = (validate.errors ?? []).filter((error) => !ABOUT_KEYS.has(error.keyword));
  let accepted = data;
  for (const error of refused) accepted = without(accepted, error.instancePath);
  return {
    accepted: (accepted ?? {}) as Partially<Static<S>>,
    complete: () => {
      file.throwProblems();
      if (!valid) throw new TypeError(`schema refuses ${file.path} without saying why`);
      return data;
    },
  };
}

/** These refuse a key, not the value at the path. */
const ABOUT_KEYS = new Set(['additionalProperties', 'required']);

/** Takes the value at a JSON pointer out of the data: a hole in a list, no key in a map. */
function without(data: unknown, pointer: string): unknown {
  const path = keyPath(pointer, data);
  const last = path.pop();
  if (last === undefined) return undefined;
  let parent = data as Record<string | number, unknown> | undefined;
  for (const part of path) parent = parent?.[part] as typeof parent;
  if (parent !== undefined) parent[last] = undefined;
  return data;
}

/** Where, what, and whether it is about the key rather than the value. */
function describe(error: ErrorObject, path: KeyPath): [KeyPath, string, boolean] {
  const schema = (error.parentSchema ?? {}) as SchemaNode;
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params['additionalProperty']);
    const known = Object.keys(schema.properties ?? {});
    const hint = didYouMean(name, known);
    return [[...path, name], `unknown key${hint} (known keys: ${known.join(', ')})`, true];
  }
  if (error.keyword === 'required') {
    const name = String(error.params['missingProperty']);
    return [[...path, name], `missing; must be ${allowed(schema.properties?.[name])}`, false];
  }
  // A secret is not said, not even a wrong one: messages go into logs.
  const shown = path.at(-1) === 'password' ? '***' : show(error.data);
  return [path, `is ${shown}; must be ${allowed(schema)}${quoteHint(error)}`, false];
}

function allowed(schema: SchemaNode | undefined): string {
  if (schema?.description !== undefined) return schema.description;
  if (schema?.type === 'object') return 'a map of keys and values';
  return schema?.type === 'array' ? 'a list' : 'another value';
}

/** YAML reads 0044 as a number: the usual slip with prefixes, names and money. */
function quoteHint(error: ErrorObject): string {
  const wantsText = error.keyword === 'type' && error.params['type'] === 'string';
  const isScalarValue = typeof error.data === 'number' || typeof error.data === 'boolean';
  return wantsText && isScalarValue ? ' – write it in quotes' : '';
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

/** JSON pointer → key path: a part is an index where the data has a list. */
function keyPath(pointer: string, data: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  let value = data;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Record<string, unknown> | undefined)?.[key];
  }
  return path;
}
