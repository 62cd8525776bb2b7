// What `npm run parameters` prints: tables for people, JSON for programs.
import type { ParameterChanges } from '../../config/change-parameters.ts';
import { formatValue } from '../../parameters/format-value.ts';
import type { ParameterValue } from '../../parameters/parameter-types.ts';
import { parameterNamed, PARAMETERS } from '../../parameters/registry.ts';
import type { Change } from '../../store/changes.ts';
import type { Json } from '../../store/entries.ts';
import type { ParameterView } from './parameter-view.ts';

/** Longer cells would push what follows off the screen. */
const MAX_CELL = 44;

export function renderList(views: readonly ParameterView[]): string {
  const rows = views.map((view) => [
    view.name,
    shortened(view.value),
    shortened(view.default),
    shortened(view.range),
    view.unit,
    view.withoutEffect === null ? 'at once' : `none: ${view.withoutEffect}`,
    view.meaning,
  ]);
  return table(['name', 'value', 'default', 'range', 'unit', 'effect', 'meaning'], rows);
}

export function renderOne(view: ParameterView): string {
  const { withoutEffect, override, rules } = view;
  const lines: [string, string][] = [
    ['name', view.name],
    ['category', view.category],
    ['value', view.value],
    ['default', view.default],
    ['range', view.range],
    ['unit', view.unit],
    ['effect', withoutEffect === null ? 'at once' : `none: ${withoutEffect}`],
    ['meaning', view.meaning],
    ['override', override ?? ''],
    ...rules.map((rule): [string, string] => ['rule', rule]),
  ];
  return lines
    .filter(([, text]) => text !== '')
    .map(([key, text]) => `${key.padEnd(10)}${text}\n`)
    .join('');
}

export function renderChanges({ changed, warnings }: ParameterChanges): string {
  const lines = changed.map(
    ({ name, oldValue, newValue }) =>
      `${name}: ${formatValue(name, oldValue)} -> ${formatValue(name, newValue)}\n`,
  );
  if (lines.length === 0) lines.push('Nothing has changed: all had these values.\n');
  return [...lines, ...warnings.map((warning) => `warning: ${warning}\n`)].join('');
}

export function renderHistory(changes: readonly Change[]): string {
  const rows = changes.map(({ atMs, user, name, oldValue, newValue, note }) => [
    new Date(atMs).toISOString(),
    user,
    name,
    shortened(shownValue(name, oldValue)),
    shortened(shownValue(name, newValue)),
    note,
  ]);
  return table(['time', 'user', 'name', 'old', 'new', 'note'], rows);
}

/** Undefined: the default was, or is, in force. */
function shownValue(name: string, value: Json | undefined): string {
  const known = parameterNamed(name);
  if (known === undefined) return JSON.stringify(value ?? null);
  if (value === undefined) return `${formatValue(known, PARAMETERS[known].default)} (default)`;
  return formatValue(known, value as ParameterValue);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]!.length), title.length),
  );
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()}\n`;
  return [head, ...rows].map(line).join('');
}

function shortened(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 3)}...` : text;
}
