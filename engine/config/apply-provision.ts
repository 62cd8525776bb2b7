// provision.yaml → control store: the file is checked as a whole, then merged in one transaction
// (engine/store/merge.ts). Applying the same file again changes nothing. At start and on SIGHUP, in
// a thread of its own: reading a file with hundreds of thousands of phones takes seconds.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { TandemError } from '../base/errors.ts';
import type { ControlStore } from '../store/control-store.ts';
import type { Json, JsonMap, Section } from '../store/entries.ts';
import { mergeSection } from '../store/merge.ts';
import { appliedDigest, rememberDigest } from '../store/provision-file.ts';
import { parseParameter } from '../parameters/parse-value.ts';
import { parameterNamed } from '../parameters/registry.ts';
import { checkedProvision } from './provision.ts';
import { readStoredProvision } from './stored-provision.ts';
import { YamlFile } from './yaml-file.ts';

/** Who the history names. */
const AUTHOR = 'provision';

/** What one section of the file says: name → settings as they were written. */
type Wanted = ReadonlyMap<string, Json>;

/** Whether the file is, byte by byte, the one that was applied last. */
export async function isApplied(store: ControlStore, path: string): Promise<boolean> {
  const bytes = readIfThere(path);
  return bytes !== undefined && digestOf(bytes) === (await appliedDigest(store.db));
}

/** @throws TandemError TDM_PROVISION_INVALID, TDM_STORE_LOCKED, TDM_STORE_FAILED */
export async function applyProvision(store: ControlStore, path: string): Promise<void> {
  const absolute = resolve(path);
  const bytes = readIfThere(absolute);
  const file = new YamlFile(absolute, 'TDM_PROVISION_INVALID');
  const sections = sectionsOf(structuredClone(file.data) as WrittenFile);
  checkedProvision(file, file.data);
  await store.change({ user: AUTHOR, note: basename(absolute) }, async (edit) => {
    const before = await readStoredProvision(edit.transaction, store.path);
    for (const [section, wanted] of sections()) await mergeSection(edit, section, wanted);
    const { problems } = await readStoredProvision(edit.transaction, store.path);
    const added = problems.filter((problem) => !before.problems.includes(problem));
    if (added.length > 0) {
      const text = `${absolute} does not go together with what the control store has`;
      throw new TandemError('TDM_PROVISION_INVALID', [text, ...added].join('\n  '));
    }
    await rememberDigest(edit.transaction, digestOf(bytes ?? Buffer.alloc(0)));
  });
}

type Written = readonly JsonMap[];

interface WrittenFile {
  readonly parameters?: JsonMap;
  readonly accounts?: Written;
  readonly rateGroups?: Written;
  readonly mappingGateways?: Written;
  readonly routingGateways?: Written;
  readonly phones?: Written;
}

/** To be called when the file is known to be valid. */
function sectionsOf(file: WrittenFile): () => [Section, Wanted][] {
  const named = (entries: Written = [], key = 'name'): Wanted =>
    new Map(
      entries.map((entry) => {
        const { [key]: name, ...settings } = entry;
        return [name as string, settings];
      }),
    );
  return () => [
    ['parameter', parameters(file.parameters ?? {})],
    ['account', named(file.accounts, 'account')],
    ['rate_group', named(file.rateGroups)],
    ['mapping_gateway', named(file.mappingGateways)],
    ['routing_gateway', named(file.routingGateways)],
    ['phone', named(file.phones, 'e164')],
  ];
}

/** By their own names, each in its type: `On` and `true` are one value. */
function parameters(written: JsonMap): Wanted {
  const wanted = new Map<string, Json>();
  for (const [text, raw] of Object.entries(written)) {
    const name = parameterNamed(text);
    const parsed = name === undefined ? undefined : parseParameter(name, raw);
    if (name !== undefined && parsed !== undefined && 'value' in parsed) {
      wanted.set(name, parsed.value);
    }
  }
  return wanted;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Undefined: not there, or not to be read; who opens it next says why. */
function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
