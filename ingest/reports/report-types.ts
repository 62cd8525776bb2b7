// What a report is made of: typed columns, filters, choices. The catalogue is written in these
// terms; a request and its rows get their types from it.

/**
 * text: any; time: local `2026-11-22 01:00:00.000`; offset: of local time from UTC, `+0530`;
 * count: whole number; money: exact decimal string; ms, seconds, percent: number.
 */
export type ColumnKind =
  'text' | 'time' | 'offset' | 'count' | 'money' | 'ms' | 'seconds' | 'minutes' | 'percent';

/** With `?` the value may be null: it does not apply, as the mean of nothing. */
export type ColumnType = ColumnKind | `${ColumnKind}?`;

type TextKind = 'text' | 'time' | 'offset' | 'money';

type ValueOf<T extends ColumnType> = T extends `${infer K}?`
  ? ValueOf<K & ColumnKind> | null
  : T extends TextKind
    ? string
    : number;

/** Name → type, in the order of the report. */
export type Columns = Readonly<Record<string, ColumnType>>;

export type RowOf<C extends Columns> = { readonly [Name in keyof C]: ValueOf<C[Name]> };

/** A column's value when the report is not known statically. */
export type ReportValue = string | number | null;

/** `--by`: what is counted by; the values are names of columns. */
export interface Grouping {
  readonly default: string;
  readonly columns: Readonly<Record<string, string>>;
}

export const BUCKETS = ['all', 'minute', 'hour', 'day'] as const;
export type Bucket = (typeof BUCKETS)[number];

export interface ReportDefinition<F extends string> {
  readonly about: string;
  /** Name of the SQL file, where it is not the report's; a function of `--by` for some. */
  readonly sql?: (by: string) => string;
  readonly filters: readonly F[];
  readonly by?: Grouping;
  /** Default of `--bucket`, for reports that take it. */
  readonly bucket?: Bucket;
  /** What its rows are cut by, where it takes no `--bucket`; all when absent. */
  readonly cut?: Bucket;
  /** Where the report starts without `--from`; the last 24 hours when absent. */
  readonly from?: 'beginning';
  readonly columns: Columns;
}

/** The value's base kind: `ms?` → `ms`. */
export function kindOf(type: ColumnType): ColumnKind {
  return (type.endsWith('?') ? type.slice(0, -1) : type) as ColumnKind;
}

/** Types of ClickHouse that a kind may come as, without Nullable and LowCardinality. */
const CLICKHOUSE_TYPES: Readonly<Record<ColumnKind, RegExp>> = {
  text: /^(String|UUID)$/,
  time: /^String$/,
  offset: /^String$/,
  count: /^U?Int(8|16|32|64)$/,
  money: /^Decimal\(\d+, 9\)$/,
  ms: /^U?Int(8|16|32|64)$/,
  seconds: /^Float64$/,
  minutes: /^Float64$/,
  percent: /^Float64$/,
};

/** Whether a column that ClickHouse sends as `clickHouseType` is what the catalogue says. */
export function isOfType(clickHouseType: string, type: ColumnType): boolean {
  const nullable = clickHouseType.includes('Nullable(');
  if (nullable && !type.endsWith('?')) return false;
  const base = clickHouseType.replace(/^LowCardinality\((.*)\)$/, '$1');
  return CLICKHOUSE_TYPES[kindOf(type)].test(base.replace(/^Nullable\((.*)\)$/, '$1'));
}
