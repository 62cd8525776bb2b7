// Conditions of filters that are not given leave a query, the others lose their guard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSql, withGivenFilters } from '../../../ingest/reports/report-sql.ts';

const QUERY = `SELECT 1
WHERE started_at > 0
    AND ({caller:String} = '' OR caller_in = {caller:String}
        OR caller_out = concat('(', {caller:String}))
    AND ({area:String} = '' OR area = {area:String})
    AND ({code:UInt16} = 0 OR end_code = {code:UInt16})
ORDER BY 1`;

test('nothing given: no condition is left', () => {
  const none = { caller: '', area: '', code: '0' };
  assert.equal(withGivenFilters(QUERY, none), 'SELECT 1\nWHERE started_at > 0\nORDER BY 1');
});

test('what is given keeps its condition, also a number that is 0', () => {
  assert.equal(
    withGivenFilters(QUERY, { caller: '0', area: '', code: '404' }),
    `SELECT 1
WHERE started_at > 0
    AND (caller_in = {caller:String}
        OR caller_out = concat('(', {caller:String}))
    AND (end_code = {code:UInt16})
ORDER BY 1`,
  );
});

test('every condition of the search is found', async () => {
  const search = await readSql('cdr-search');
  const names = [...search.matchAll(/\{(\w+):\w+\} = (?:''|0) OR/g)].map((match) => match[1]!);
  assert.equal(names.length, 11);
  const parameters = Object.fromEntries(names.map((name) => [name, name === 'code' ? '0' : '']));
  assert.ok(!withGivenFilters(search, parameters).includes(' OR {'));
  assert.ok(!/= (''|0)/.test(withGivenFilters(search, parameters)));
  for (const name of names) {
    const one = withGivenFilters(search, { ...parameters, [name]: '1' });
    assert.ok(one.includes(`{${name}:`) && !/= (''|0)/.test(one), name);
  }
});
