// The three-way merge of a section of the provision file into the store. The store keeps what the
// file said last: only what the file changed since then is written, so that changes made by hand
// last until the file says something new about the same thing.
import { isMap } from './changes.ts';
import type { Edit, EntryWrite } from './edit.ts';
import type { Json, Section } from './entries.ts';

/** @param wanted name → what the file says now, of every entry it has */
export async function mergeSection(
  edit: Edit,
  section: Section,
  wanted: ReadonlyMap<string, Json>,
): Promise<void> {
  const rows = await edit.transaction
    .selectFrom(section)
    .select(['name', 'value', 'provisioned'])
    .execute();
  const writes: EntryWrite[] = [];
  const known = new Set<string>();
  for (const { name, value: before, provisioned: last } of rows) {
    known.add(name);
    const now = wanted.get(name);
    const provisioned = now === undefined ? null : JSON.stringify(now);
    if (provisioned === last) continue;
    const value = now === undefined ? null : merged(last, now, before);
    writes.push({ name, before, value, provisioned });
  }
  for (const [name, now] of wanted) {
    if (known.has(name)) continue;
    const value = JSON.stringify(now);
    writes.push({ name, before: null, value, provisioned: value });
  }
  await edit.write(section, writes);
}

/** Key by key where all are maps; else what the file says now. */
function merged(last: string | null, now: Json, before: string | null): string {
  const held = before === null ? undefined : (JSON.parse(before) as Json);
  if (!isMap(held) || !isMap(now)) return JSON.stringify(now);
  const base = last === null ? {} : (JSON.parse(last) as Json);
  if (!isMap(base)) return JSON.stringify(now);
  const result: Record<string, Json> = { ...held };
  for (const key of new Set([...Object.keys(base), ...Object.keys(now)])) {
    if (JSON.stringify(base[key]) === JSON.stringify(now[key])) continue;
    if (key in now) result[key] = now[key]!;
    else Reflect.deleteProperty(result, key);
  }
  return JSON.stringify(result);
}
