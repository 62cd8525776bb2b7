// A migration file as single statements.
import { sqlTokens } from '../clickhouse-server/sql-tokens.ts';

/** Cut at semicolons outside strings and comments; comments around statements are left out. */
export function statementsOf(sql: string): string[] {
  const statements: string[] = [];
  let from: number | undefined;
  let to = 0;
  for (const token of sqlTokens(sql)) {
    if (token.kind === 'mark' && token.text === ';') {
      if (from !== undefined) statements.push(sql.slice(from, to));
      from = undefined;
    } else {
      from ??= token.start;
      to = token.end;
    }
  }
  if (from !== undefined) statements.push(sql.slice(from, to));
  return statements;
}
