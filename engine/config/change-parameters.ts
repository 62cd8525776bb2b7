// Changes of parameters by an operator: checked together against all that is in force, then written
// together with their history, or refused together. A running edge sees it within half a second.
import { TandemError } from '../base/errors.ts';
import type { ParameterName, ParameterValues } from '../base/parameter-values.ts';
import { brokenRules } from '../parameters/cross-rules.ts';
import { formatValue } from '../parameters/format-value.ts';
import { parseParameter } from '../parameters/parse-value.ts';
import type { ParameterValue } from '../parameters/parameter-types.ts';
import { PARAMETER_NAMES, parameterNamed, PARAMETERS } from '../parameters/registry.ts';
import { WITHOUT_EFFECT } from '../parameters/without-effect.ts';
import type { ControlStore } from '../store/control-store.ts';
import type { Author } from '../store/edit.ts';
import { countEntries, readEntries } from '../store/entries.ts';
import type { StoreReader } from '../store/entries.ts';
import { keepAliveShortage } from './keep-alive-room.ts';
import { didYouMean } from './nearest-name.ts';

/** One wish; `raw` undefined: back to the default. */
export interface ParameterWish {
  readonly name: string;
  readonly raw: string | undefined;
}

export interface ChangedParameter {
  readonly name: ParameterName;
  readonly oldValue: ParameterValue;
  readonly newValue: ParameterValue;
}

export interface ParameterChanges {
  /** Only what is another value now. */
  readonly changed: readonly ChangedParameter[];
  readonly warnings: readonly string[];
}

/** @throws TandemError TDM_PARAMETER_REFUSED when there is none; with what may be meant */
export function knownParameter(text: string): ParameterName {
  const name = parameterNamed(text);
  if (name !== undefined) return name;
  throw new TandemError('TDM_PARAMETER_REFUSED', unknown(text));
}

function unknown(text: string): string {
  return `there is no parameter ${text}${didYouMean(text, PARAMETER_NAMES)}`;
}

/** Values that differ from the default, by name; what is stored but not valid counts as default. */
export async function storedParameters(reader: StoreReader): Promise<Partial<ParameterValues>> {
  const values: Record<string, unknown> = {};
  for (const { name, value } of await readEntries(reader, 'parameter')) {
    const known = parameterNamed(name);
    const parsed = known === undefined ? undefined : parseParameter(known, value);
    if (parsed !== undefined && 'value' in parsed) values[name] = parsed.value;
  }
  return values;
}

/** @throws TandemError TDM_PARAMETER_REFUSED with all that is wrong; nothing has changed then */
export async function changeParameters(
  store: ControlStore,
  author: Author,
  wishes: readonly ParameterWish[],
): Promise<ParameterChanges> {
  const wanted = parsedWishes(wishes);
  return store.change(author, async (edit) => {
    const before = await storedParameters(edit.transaction);
    const after: Record<string, unknown> = { ...before };
    const changed: ChangedParameter[] = [];
    for (const [name, value] of wanted) {
      if (value === undefined) {
        Reflect.deleteProperty(after, name);
        await edit.remove('parameter', name);
      } else {
        after[name] = value;
        await edit.set('parameter', name, value);
      }
      const [oldValue, newValue] = [valueOf(before, name), value ?? PARAMETERS[name].default];
      if (JSON.stringify(oldValue) !== JSON.stringify(newValue)) {
        changed.push({ name, oldValue, newValue });
      }
    }
    const warnings = warningsOf(after, before, wanted);
    const phones = await countEntries(edit.transaction, 'phone');
    const shortage = keepAliveShortage(after, phones);
    if (shortage !== null && shortage !== keepAliveShortage(before, phones)) {
      warnings.push(shortage);
    }
    return { changed, warnings };
  });
}

/** The value in force. */
export function valueOf(stored: Partial<ParameterValues>, name: ParameterName): ParameterValue {
  const value = stored[name] as ParameterValue | undefined;
  return value === undefined ? PARAMETERS[name].default : value;
}

function parsedWishes(
  wishes: readonly ParameterWish[],
): ReadonlyMap<ParameterName, ParameterValue | undefined> {
  const problems: string[] = [];
  const wanted = new Map<ParameterName, ParameterValue | undefined>();
  for (const { name: text, raw } of wishes) {
    const name = parameterNamed(text);
    if (name === undefined) {
      problems.push(unknown(text));
      continue;
    }
    if (wanted.has(name)) problems.push(`${name} is named twice`);
    const parsed = raw === undefined ? defaultOf(name) : parseParameter(name, raw);
    if ('problem' in parsed) problems.push(`${name} ${parsed.problem}`);
    else wanted.set(name, parsed.value);
  }
  if (problems.length > 0) throw refusal(problems);
  return wanted;
}

function defaultOf(name: ParameterName): { value: undefined } | { problem: string } {
  return 'readOnly' in PARAMETERS[name]
    ? { problem: 'is read-only; it cannot be set' }
    : { value: undefined };
}

function warningsOf(
  after: Partial<ParameterValues>,
  before: Partial<ParameterValues>,
  wanted: ReadonlyMap<ParameterName, ParameterValue | undefined>,
): string[] {
  const broken = brokenRules(after);
  const refused = broken.filter(({ severity }) => severity === 'refusal');
  if (refused.length > 0) throw refusal(refused.map(({ problem }) => problem));
  const known = new Set(brokenRules(before).map(({ problem }) => problem));
  const warnings = broken.map(({ problem }) => problem).filter((text) => !known.has(text));
  for (const [name, value] of wanted) {
    const reason = WITHOUT_EFFECT[name];
    if (value !== undefined && reason !== undefined) {
      warnings.push(`${name} = ${formatValue(name, value)} is kept, but has no effect: ${reason}`);
    }
  }
  return warnings;
}

function refusal(problems: readonly string[]): TandemError {
  const text = `${problems.join('\n  ')}\n  Nothing was changed.`;
  return new TandemError('TDM_PARAMETER_REFUSED', text);
}
