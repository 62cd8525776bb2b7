// Where clauses and inline data begin, also where names, strings and comments look like keywords.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseStatement } from '../../../ingest/clickhouse-server/statement.ts';
import { sqlTokens } from '../../../ingest/clickhouse-server/sql-tokens.ts';

interface InsertCase {
  sql: string;
  target: string;
  format?: string;
  settings?: string;
  data: string;
}

const inserts: InsertCase[] = [
  { sql: 'INSERT INTO t FORMAT CSV\n1,2', target: 'INSERT INTO t', format: 'CSV', data: '1,2' },
  {
    sql: 'insert into t (a, b) values (1)',
    target: 'insert into t (a, b)',
    format: 'Values',
    data: '(1)',
  },
  {
    sql: "INSERT INTO d.t SETTINGS a = 1, b = 'format' FORMAT JSONEachRow  \r\n{}",
    target: 'INSERT INTO d.t',
    settings: "SETTINGS a = 1, b = 'format'",
    format: 'JSONEachRow',
    data: '{}',
  },
  {
    sql: '/* FORMAT x */ INSERT INTO values (format) -- VALUES\nFORMAT TSV\n\n1',
    target: '/* FORMAT x */ INSERT INTO values (format) -- VALUES',
    format: 'TSV',
    data: '\n1',
  },
  {
    sql: "INSERT INTO TABLE FUNCTION null('a format b') FORMAT TSV 1",
    target: "INSERT INTO TABLE FUNCTION null('a format b')",
    format: 'TSV',
    data: '1',
  },
  {
    sql: 'INSERT INTO `a``format x`.`b` FORMAT Native',
    target: 'INSERT INTO `a``format x`.`b`',
    format: 'Native',
    data: '',
  },
  {
    sql: 'INSERT INTO t (* EXCEPT(b)) FORMAT TSV;\n',
    target: 'INSERT INTO t (* EXCEPT(b))',
    format: 'TSV',
    data: '',
  },
  { sql: 'INSERT INTO t', target: 'INSERT INTO t', data: '' },
];

for (const { sql, target, format, settings, data } of inserts) {
  test(`insert: ${JSON.stringify(sql)}`, () => {
    const statement = parseStatement(sql);
    assert.ok(statement.kind === 'insert');
    assert.equal(statement.target.trim(), target);
    assert.equal(statement.settings.trim(), settings ?? '');
    assert.equal(statement.format, format);
    assert.equal(sql.slice(statement.dataAt), data);
  });
}

const plains: [sql: string, kind: string, format: string | undefined][] = [
  ['SELECT 1', 'read', undefined],
  ['select 1 as format', 'read', undefined],
  ["select format('{}', 1) from t format JSON;", 'read', 'JSON'],
  ['SELECT 1 FORMAT JSONEachRow SETTINGS max_threads = 1', 'read', 'JSONEachRow'],
  ['SELECT (SELECT 1 FORMAT CSV)', 'read', undefined],
  ["(SELECT 'FORMAT CSV') UNION ALL SELECT $x$ FORMAT TSV $x$", 'read', undefined],
  ['WITH 1 AS a SELECT a', 'read', undefined],
  ['CREATE TABLE t (format String) ENGINE = Memory', 'write', undefined],
  ['INSERT INTO t SELECT 1', 'write', undefined],
  ['INSERT INTO t (a) WITH 1 AS x SELECT x', 'write', undefined],
  ['INSERT INTO t (SELECT 1)', 'write', undefined],
  ["KILL QUERY WHERE query_id = 'x'", 'kill', undefined],
  ['-- SELECT\nSYSTEM FLUSH LOGS', 'write', undefined],
];

for (const [sql, kind, format] of plains) {
  test(`${kind}: ${sql}`, () => {
    const statement = parseStatement(sql);
    assert.equal(statement.kind, kind);
    assert.equal(statement.format, format);
  });
}

test('several statements, INTO OUTFILE and FROM INFILE are refused', () => {
  assert.throws(() => parseStatement('SELECT 1; SELECT 2'), /Multi-statements/);
  assert.throws(() => parseStatement("SELECT 1 INTO OUTFILE '/tmp/x'"), /INTO OUTFILE/);
  assert.throws(
    () => parseStatement("INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV"),
    /INFILE/,
  );
  assert.doesNotThrow(() => parseStatement("SELECT ';INTO OUTFILE' ; -- end"));
});

test('tokens cover any text in order, end where it ends and never overlap', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '`',
    '\\',
    '$a$',
    '--',
    '/*',
    '*/',
    '\n',
    '(',
    ')',
    'FORMAT',
    ' x ',
    'ü',
    ';',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const sql = pieces.join('');
      let at = 0;
      for (const token of sqlTokens(sql)) {
        assert.ok(token.start >= at && token.end > token.start && token.end <= sql.length);
        assert.equal(token.text, sql.slice(token.start, token.end));
        at = token.end;
      }
    }),
    { numRuns: 500 },
  );
});
