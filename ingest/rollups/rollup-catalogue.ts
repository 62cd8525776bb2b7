// What is rolled up: sources, families, grains, and how each measure comes from a row of `cdr` or
// `cdr_attempt`. The tables are in migrations/004-rollups.sql; recompute-sql.ts makes statements.

export type Source = 'cdr' | 'cdr_attempt';
export type Grain = 'minute' | 'quarter' | 'hour' | 'day';

export interface GrainRule {
  readonly grain: Grain;
  readonly seconds: number;
  /** Where its rows come from while they are kept: each grain is summed from the one before. */
  readonly from: Grain | null;
}

/** From fine to coarse: that is the order to compute them in. */
export const GRAINS: readonly GrainRule[] = [
  { grain: 'minute', seconds: 60, from: null },
  { grain: 'quarter', seconds: 900, from: 'minute' },
  { grain: 'hour', seconds: 3600, from: 'quarter' },
  { grain: 'day', seconds: 86_400, from: 'hour' },
];

export interface Measure {
  readonly column: string;
  /** Aggregate over rows of the source. */
  readonly raw: string;
  readonly type: 'UInt64' | 'Decimal(38, 9)';
}

export interface Family {
  /** `rollup_<name>_<grain>` holds it. */
  readonly name: 'customer' | 'vendor' | 'attempt';
  readonly source: Source;
  readonly keys: readonly string[];
  readonly measures: readonly Measure[];
  /** Column of the source that `codes` counts by. */
  readonly code: string;
}

/** Ended by the network or this switch: everything else says that the vendor reached the callee. */
const REACHED = '(480, 486, 600, 603)';

const count = (column: string, raw: string): Measure => ({ column, raw, type: 'UInt64' });
const money = (column: string): Measure => {
  return { column, raw: `sum(${column})`, type: 'Decimal(38, 9)' };
};

const callMeasures: readonly Measure[] = [
  count('calls', 'count()'),
  count('answered', 'countIf(answered_at IS NOT NULL)'),
  count(
    'effective',
    `countIf(answered_at IS NOT NULL OR ringing_at IS NOT NULL OR end_code IN ${REACHED})`,
  ),
  count('duration_ms', 'sum(duration_ms)'),
  count('billed_ms', 'sum(billed_ms)'),
  count('pdd_sum_ms', 'sum(ifNull(pdd_ms, 0))'),
  count('pdd_count', 'count(pdd_ms)'),
  count('attempts', 'sum(attempts)'),
  money('customer_fee'),
  money('vendor_fee'),
  money('agent_fee'),
  money('tax'),
];

export const FAMILIES: readonly Family[] = [
  {
    name: 'customer',
    source: 'cdr',
    keys: ['account', 'mapping_gateway', 'area', 'call_level'],
    measures: callMeasures,
    code: 'end_code',
  },
  {
    name: 'vendor',
    source: 'cdr',
    keys: ['clearing_account', 'routing_gateway', 'vendor_area'],
    measures: callMeasures,
    code: 'end_code',
  },
  {
    name: 'attempt',
    source: 'cdr_attempt',
    keys: ['routing_gateway'],
    measures: [
      count('attempts', 'count()'),
      count('answered', 'countIf(code >= 200 AND code < 300)'),
      count(
        'effective',
        `countIf((code >= 200 AND code < 300) OR pdd_ms IS NOT NULL OR code IN ${REACHED})`,
      ),
      count('pdd_sum_ms', 'sum(ifNull(pdd_ms, 0))'),
      count('pdd_count', 'count(pdd_ms)'),
    ],
    code: 'code',
  },
];
