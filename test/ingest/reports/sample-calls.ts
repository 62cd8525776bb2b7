// A small day of traffic with figures that can be worked out by hand, for the report tests.
import type { ClickHouseClient } from '@clickhouse/client';

/** 2026-03-02T00:00:00Z */
const DAY_MS = Date.UTC(2026, 2, 2);

interface SampleCall {
  readonly atMs: number;
  readonly gateway: string;
  readonly talkMs?: number;
  readonly pddMs?: number;
  readonly code: number;
  readonly reason: string;
  /** Vendors tried, in order; the last one ends the call. */
  readonly vendors: readonly string[];
  readonly callee?: string;
}

const HOUR = 3_600_000;

/** acme-1: 4 calls, 2 answered (60 s, 120 s), PDD 1000..4000 of three; beta: 1 call, refused. */
const CALLS: readonly SampleCall[] = [
  {
    atMs: 0,
    gateway: 'acme-1',
    talkMs: 60_000,
    pddMs: 1000,
    code: 200,
    reason: 'Normal',
    vendors: ['alpha-1'],
  },
  {
    atMs: 1,
    gateway: 'acme-1',
    talkMs: 120_000,
    pddMs: 2000,
    code: 200,
    reason: 'Normal',
    vendors: ['omega', 'alpha-1'],
  },
  {
    atMs: HOUR,
    gateway: 'acme-1',
    pddMs: 4000,
    code: 486,
    reason: 'Busy here',
    vendors: ['alpha-1'],
  },
  { atMs: HOUR + 1, gateway: 'acme-1', code: 503, reason: 'No route', vendors: [] },
  {
    atMs: 23 * HOUR,
    gateway: 'beta, "inc"',
    code: 486,
    reason: 'Busy here',
    vendors: ['omega'],
    callee: '8801999',
  },
  // The last millisecond of the day before and the first of the next: in no report of this day.
  { atMs: -1, gateway: 'acme-1', code: 404, reason: 'Not found', vendors: ['alpha-1'] },
  { atMs: 24 * HOUR, gateway: 'acme-1', code: 404, reason: 'Not found', vendors: ['alpha-1'] },
];

const id = (n: number): string => `019caa00-0000-7000-8000-00000000000${n}`;

function cdrRow(call: SampleCall, n: number): Record<string, unknown> {
  const started = DAY_MS + call.atMs;
  const answered = call.talkMs === undefined ? null : started + 5000;
  return {
    id: id(n),
    node: 'edge-1',
    started_at: started,
    ringing_at: call.pddMs === undefined ? null : started + call.pddMs,
    answered_at: answered,
    ended_at: started + 5000 + (call.talkMs ?? 0),
    duration_ms: call.talkMs ?? 0,
    pdd_ms: call.pddMs ?? null,
    mapping_gateway: call.gateway,
    account: 'acme',
    routing_gateway: call.vendors.at(-1) ?? '',
    caller_in: '442071234567',
    callee_in: call.callee ?? '8801712345678',
    callee_out: `00${call.callee ?? '8801712345678'}`,
    end_code: call.code,
    end_reason: call.reason,
    end_side: 'caller',
    attempts: call.vendors.length,
    customer_fee: call.talkMs === undefined ? '0' : '0.123456789',
  };
}

function attemptRows(call: SampleCall, n: number): Record<string, unknown>[] {
  return call.vendors.map((vendor, i) => {
    const last = i === call.vendors.length - 1;
    return {
      id: id(n),
      node: 'edge-1',
      attempt: i + 1,
      started_at: DAY_MS + call.atMs,
      ended_at: DAY_MS + call.atMs + 100,
      routing_gateway: vendor,
      code: last ? call.code : 503,
      reason: last ? call.reason : 'Service unavailable',
      pdd_ms: last ? (call.pddMs ?? null) : null,
    };
  });
}

/** Inserts the day, and the first call a second time: reports must not count it twice. */
export async function insertSampleCalls(client: ClickHouseClient): Promise<void> {
  const cdrs = CALLS.map(cdrRow);
  await client.insert({ table: 'tandem.cdr', values: cdrs, format: 'JSONEachRow' });
  await client.insert({ table: 'tandem.cdr', values: cdrs.slice(0, 1), format: 'JSONEachRow' });
  const attempts = CALLS.flatMap(attemptRows);
  await client.insert({ table: 'tandem.cdr_attempt', values: attempts, format: 'JSONEachRow' });
}
