// What the HTTP front must know of a statement before chDB sees it: whether it only reads, which
// format it answers in, and for an INSERT where the statement ends and its data begins.
// Grammar: ClickHouse SQL reference, "INSERT INTO" and "FORMAT"; everything else is left to chDB.
import { ServerException } from './server-exception.ts';
import { sqlTokens } from './sql-tokens.ts';
import type { SqlToken } from './sql-tokens.ts';

export interface InsertWithData {
  readonly kind: 'insert';
  /** `INSERT INTO t (columns)`: everything before SETTINGS, FORMAT or VALUES. */
  readonly target: string;
  /** `SETTINGS a = 1`, or empty. */
  readonly settings: string;
  /** Format name; undefined when the statement names none. */
  readonly format: string | undefined;
  /** Offset in the statement's text of the first character of inline data. */
  readonly dataAt: number;
}

export interface PlainStatement {
  readonly kind: 'read' | 'write' | 'kill';
  /** Name in a trailing FORMAT clause. */
  readonly format: string | undefined;
}

const READS = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN', 'CHECK']);

const isWord = (token: SqlToken | undefined, word: string): boolean =>
  token?.kind === 'word' && token.text.toUpperCase() === word;

const isMark = (token: SqlToken | undefined, mark: string): boolean =>
  token?.kind === 'mark' && token.text === mark;

function nextOf(tokens: Iterator<SqlToken>): SqlToken | undefined {
  const step = tokens.next();
  return step.done === true ? undefined : step.value;
}

/** ClickHouse drops blanks and one line end between the format's name and the data. */
function skipToData(sql: string, at: number): number {
  const gap = /[ \t\f]*(?:;\s*$)?\r?\n?/y;
  gap.lastIndex = at;
  gap.test(sql);
  return gap.lastIndex;
}

/** Steps over `[INTO] [TABLE | FUNCTION] name`; returns the token behind it. */
function skipInsertTarget(tokens: Iterator<SqlToken>): SqlToken | undefined {
  let token = nextOf(tokens);
  if (isWord(token, 'INTO')) token = nextOf(tokens);
  if (isWord(token, 'TABLE')) token = nextOf(tokens);
  if (isWord(token, 'FUNCTION')) token = nextOf(tokens);
  if (token === undefined) return undefined;
  // The name itself may look like a keyword (`values`, `format`), so it is stepped over here.
  for (token = nextOf(tokens); isMark(token, '.'); token = nextOf(tokens)) nextOf(tokens);
  return token;
}

function parseInsert(sql: string, tokens: Iterator<SqlToken>): InsertWithData | undefined {
  let settingsAt: number | undefined;
  let token = skipInsertTarget(tokens);
  for (; token !== undefined; token = nextOf(tokens)) {
    if (token.depth > 0) continue;
    const clauseAt = settingsAt ?? token.start;
    if (isWord(token, 'SETTINGS')) settingsAt = token.start;
    else if (isWord(token, 'VALUES') || isWord(token, 'FORMAT')) {
      const named = isWord(token, 'FORMAT') ? nextOf(tokens) : token;
      if (named === undefined) return undefined;
      return {
        kind: 'insert',
        target: sql.slice(0, clauseAt),
        settings: sql.slice(clauseAt, token.start),
        format: named === token ? 'Values' : named.text,
        dataAt: skipToData(sql, named.end),
      };
    } else if (isWord(token, 'INFILE')) {
      throw new ServerException('FROM INFILE is not allowed over HTTP', 'NOT_IMPLEMENTED');
    } else if (isWord(token, 'SELECT') || isWord(token, 'WITH') || isWord(token, 'WATCH')) {
      return undefined;
    } else if (isMark(token, '(')) {
      const inside = nextOf(tokens);
      if (isWord(inside, 'SELECT') || isWord(inside, 'WITH')) return undefined;
      if (isMark(inside, ')')) continue;
    } else if (isMark(token, ';')) break;
  }
  const end = settingsAt ?? sql.length;
  return {
    kind: 'insert',
    target: sql.slice(0, end).replace(/;\s*$/, ''),
    settings: sql.slice(end).replace(/;\s*$/, ''),
    format: undefined,
    dataAt: sql.length,
  };
}

function parsePlain(first: SqlToken | undefined, sql: string): PlainStatement {
  const tokens = [...sqlTokens(sql)];
  const end = tokens.findIndex((t) => t.depth === 0 && isMark(t, ';'));
  const body = end < 0 ? tokens : tokens.slice(0, end);
  if (end >= 0 && tokens.slice(end).some((t) => !isMark(t, ';'))) {
    throw new ServerException('Multi-statements are not allowed', 'SYNTAX_ERROR');
  }
  let format: string | undefined;
  for (const [i, token] of body.entries()) {
    if (token.depth > 0) continue;
    const after = body[i + 1];
    if (isWord(token, 'INTO') && isWord(after, 'OUTFILE')) {
      throw new ServerException('INTO OUTFILE is not allowed', 'INTO_OUTFILE_NOT_ALLOWED');
    }
    const last = body[i + 2];
    // `FORMAT` is also a function and an alias: the clause has a name, then the end or SETTINGS.
    if (isWord(token, 'FORMAT') && after?.kind === 'word') {
      if (last === undefined || isWord(last, 'SETTINGS')) format = after.text;
    }
  }
  const verb = first?.text.toUpperCase() ?? '';
  const reads = READS.has(verb) || verb === '(';
  return { kind: verb === 'KILL' ? 'kill' : reads ? 'read' : 'write', format };
}

/**
 * Classifies one statement.
 * @param sql the statement, for an INSERT possibly followed by (the beginning of) its data
 * @throws ServerException for several statements, INTO OUTFILE and FROM INFILE
 */
export function parseStatement(sql: string): InsertWithData | PlainStatement {
  const tokens = sqlTokens(sql);
  let first = nextOf(tokens);
  while (isMark(first, '(')) first = nextOf(tokens);
  if (isWord(first, 'INSERT')) {
    const insert = parseInsert(sql, tokens);
    if (insert !== undefined) return insert;
  }
  return parsePlain(first, sql);
}
