// Cuts a ClickHouse statement into tokens, just far enough to find its clauses:
// strings, quoted names, comments and brackets are skipped correctly, nothing is interpreted.
// Lexical rules: ClickHouse SQL reference, "Syntax" (comments, literals, identifiers, heredoc).

export interface SqlToken {
  /** `word`: name, keyword, number; `quoted`: string or quoted name; `mark`: one character. */
  readonly kind: 'word' | 'quoted' | 'mark';
  readonly text: string;
  /** Offset of the first character; `end` is one past the last. */
  readonly start: number;
  readonly end: number;
  /** Brackets of any kind around the token; a bracket counts as outside itself. */
  readonly depth: number;
}

const SPACE_OR_COMMENT = /(?:\s+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y;
const WORD = /[A-Za-z0-9_\u0080-\uffff]+/y;
const HEREDOC = /\$\w*\$/y;

/** Offset one past the literal that opens at `start`; the end of the text when it never closes. */
function endOfQuoted(sql: string, start: number): number {
  const quote = sql[start];
  for (let i = start + 1; i < sql.length; i++) {
    if (sql[i] === '\\') i++;
    else if (sql[i] === quote) {
      if (sql[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return sql.length;
}

function endOfToken(sql: string, at: number): { kind: SqlToken['kind']; end: number } {
  const first = sql[at]!;
  if (first === "'" || first === '"' || first === '`') {
    return { kind: 'quoted', end: endOfQuoted(sql, at) };
  }
  WORD.lastIndex = at;
  if (WORD.test(sql)) return { kind: 'word', end: WORD.lastIndex };
  HEREDOC.lastIndex = at;
  if (HEREDOC.test(sql)) {
    const fence = sql.slice(at, HEREDOC.lastIndex);
    const close = sql.indexOf(fence, HEREDOC.lastIndex);
    return { kind: 'quoted', end: close < 0 ? sql.length : close + fence.length };
  }
  return { kind: 'mark', end: at + 1 };
}

/** The tokens of `sql` in order; lazy, so that a caller stops where inline data begins. */
export function* sqlTokens(sql: string): Generator<SqlToken, void, undefined> {
  let at = 0;
  let depth = 0;
  while (at < sql.length) {
    SPACE_OR_COMMENT.lastIndex = at;
    if (SPACE_OR_COMMENT.test(sql)) {
      at = SPACE_OR_COMMENT.lastIndex;
      continue;
    }
    const { kind, end } = endOfToken(sql, at);
    const text = sql.slice(at, end);
    const closes = kind === 'mark' && (text === ')' || text === ']' || text === '}');
    if (closes) depth--;
    yield { kind, text, start: at, end, depth };
    if (kind === 'mark' && (text === '(' || text === '[' || text === '{')) depth++;
    at = end;
  }
}
