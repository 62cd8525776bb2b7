// How to call the report command: every report, its filters and choices.
import { definitionOf, REPORT_NAMES } from './catalogue.ts';
import { SEARCH_FILTERS } from './cdr-search.ts';
import { TIME_FORMS } from './time-expression.ts';

interface Line {
  readonly name: string;
  readonly about: string;
  readonly options: readonly string[];
}

function reportLine(name: (typeof REPORT_NAMES)[number]): Line {
  const { about, filters, by, bucket } = definitionOf(name);
  const options = filters.map((filter) => `--${filter}`);
  if (by !== undefined) options.push(`--by ${Object.keys(by.columns).join('|')}`);
  if (bucket !== undefined) options.push('--bucket all|minute|hour|day');
  return { name, about, options };
}

const SEARCH: Line = {
  name: 'cdr-search',
  about: 'call records, newest first, also as `calls`',
  options: [...SEARCH_FILTERS.map((filter) => `--${filter}`), '--limit', '--page', '--all'],
};

const GENERATE: Line = {
  name: 'generate',
  about: 'makes the nightly reports of a day, again if they are there (tandem.report_*)',
  options: ['--day 2026-11-22'],
};

export function reportUsage(): string {
  const lines = [...REPORT_NAMES.map(reportLine), SEARCH, GENERATE];
  return [
    'usage: npm run report -- NAME [--from T] [--to T] [--timezone ZONE] [--format table|json|csv]',
    '                              [--config FILE] [--clickhouse URL] [filters]',
    `T: ${TIME_FORMS}; default: the last 24 hours`,
    'reports and their filters:',
    ...lines.map(({ name, about, options }) => {
      return `  ${name.padEnd(22)}${about} (${options.join(' ')})`;
    }),
  ].join('\n');
}
