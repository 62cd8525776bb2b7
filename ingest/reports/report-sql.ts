// The SQL files of the reports, with the sources that they name put in.
import { readFile } from 'node:fs/promises';
import { repositoryPath } from '../../engine/base/paths.ts';

const SOURCE_MARK = '{{';

/** Which parts of a source a period needs: the others would only be planned and read nothing. */
export interface SourceParts {
  readonly coarse: boolean;
  readonly fine: boolean;
  readonly records: boolean;
}

/** The text of `sql/NAME.sql`. */
export function readSql(name: string): Promise<string> {
  return readFile(repositoryPath('ingest', 'reports', 'sql', `${name}.sql`), 'utf8');
}

/** Whether it names sources, whose parameters traffic-period.ts makes. */
export function usesRollups(query: string): boolean {
  return query.includes(SOURCE_MARK);
}

/** Puts sql/sources/customer-traffic.sql in where the query says `({{customer-traffic}})`. */
export async function withSources(query: string, parts: SourceParts): Promise<string> {
  const [head = '', ...rest] = query.split(SOURCE_MARK);
  const texts = rest.map(async (text) => {
    const [source = '', tail = ''] = text.split('}}', 2);
    return `${needed(await readSql(`sources/${source}`), parts)}${tail}`;
  });
  return head + (await Promise.all(texts)).join('');
}

/** A source is the union of coarse rollup, fine rollup and records. */
function needed(source: string, { coarse, fine, records }: SourceParts): string {
  const isNeeded = [coarse, fine, records];
  const selects = source.split(/^UNION ALL$/m);
  return selects.filter((_, i) => isNeeded[i] === true).join('UNION ALL');
}

/** `AND ({caller:String} = '' OR ...)`, with the lines after it that are indented further. */
const OPTIONAL = /^ {4}AND \(\{(\w+):\w+\} = (''|0) OR ([^]*?)\)\n(?! {8})/gm;

/**
 * Leaves out the conditions of filters that are not given, and from the others the question
 * whether they are. ClickHouse would fold them to constants, but joins search indexes by OR only
 * while a query has few conditions (32 with their AND and OR), constants included.
 */
export function withGivenFilters(
  query: string,
  parameters: Readonly<Record<string, string>>,
): string {
  return query.replace(OPTIONAL, (_, name: string, none: string, condition: string) => {
    const isGiven = parameters[name] !== (none === '0' ? none : '');
    return isGiven ? `    AND (${condition})\n` : '';
  });
}
