// Reports as text: aligned tables, CSV that reads back, JSON; nothing that moves a terminal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderCsvRows, renderReport } from '../../../ingest/reports/render-report.ts';

const columns = { name: 'text', calls: 'count', fee: 'money', acd_seconds: 'seconds?' } as const;
const rows = [
  { name: 'beta, "inc"', calls: 12, fee: '0.123456789', acd_seconds: null },
  { name: 'a', calls: 3, fee: '1000000', acd_seconds: 90.5 },
];

test('a table: texts to the left, figures to the right, - for what does not apply', () => {
  assert.equal(
    renderReport(columns, rows, 'table'),
    [
      'name         calls          fee  acd_seconds',
      '-----------  -----  -----------  -----------',
      'beta, "inc"     12  0.123456789            -',
      'a                3      1000000         90.5',
      '2 rows',
      '',
    ].join('\n'),
  );
  assert.match(renderReport(columns, [], 'table'), /^name {2}calls {2}fee .*\n[- ]+\n0 rows\n$/);
});

test('control characters of a caller do not reach the terminal', () => {
  const name = `x\u001b[2Jy\u009bz\n`;
  assert.match(renderReport({ name: 'text' }, [{ name }], 'table'), /\nx\?\[2Jy\?z\?\n/);
});

test('CSV: quoted by RFC 4180, empty for null', () => {
  assert.equal(
    renderReport(columns, rows, 'csv'),
    'name,calls,fee,acd_seconds\r\n"beta, ""inc""",12,0.123456789,\r\na,3,1000000,90.5\r\n',
  );
  assert.equal(renderReport(columns, [], 'csv'), 'name,calls,fee,acd_seconds\r\n');
  assert.equal(renderCsvRows(columns, rows.slice(1)), 'a,3,1000000,90.5\r\n');
});

/** A reader of RFC 4180, written from its grammar. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const cells: string[] = [];
    for (;;) {
      let cell = '';
      if (text[at] === '"') {
        for (at++; !(text[at] === '"' && text[at + 1] !== '"'); at++) {
          if (text[at] === '"') at++;
          cell += text[at]!;
        }
        at++;
      } else {
        while (text[at] !== ',' && text[at] !== '\r') cell += text[at++]!;
      }
      cells.push(cell);
      if (text[at++] !== ',') break;
    }
    lines.push(cells);
    at++;
  }
  return lines;
}

test('CSV reads back as it was, whatever names contain', () => {
  const cell = fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'a', ' ', 'é', ';') });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (cells) => {
      const given = cells.map(([a, b]) => ({ a, b }));
      const text = renderCsvRows({ a: 'text', b: 'text' }, given);
      assert.deepEqual(readCsv(text), cells);
    }),
  );
});

test('JSON: the rows', () => {
  assert.deepEqual(JSON.parse(renderReport(columns, rows, 'json')), rows);
  assert.equal(renderReport(columns, [], 'json'), '[]\n');
});
