// A small day of traffic with figures that can be worked out by hand, for the report tests.
import type { ClickHouseClient } from '@clickhouse/client';

/** 2026-03-02T00:00:00Z */
export const DAY_MS = Date.UTC(2026, 2, 2);

const HOUR = 3_600_000;

export interface SampleCall {
  /** From the begin of the day. */
  readonly atMs: number;
  readonly gateway: string;
  readonly account?: string;
  readonly talkMs?: number;
  readonly pddMs?: number;
  readonly code: number;
  readonly reason: string;
  readonly endSide?: 'caller' | 'callee' | 'server';
  /** Vendors tried, in order; the last one ends the call. */
  readonly vendors: readonly string[];
  readonly caller?: string;
  readonly callee?: string;
  readonly area?: string;
  readonly level?: string;
  readonly customerFee?: string;
  readonly vendorFee?: string;
  readonly tax?: string;
  readonly agentFee?: string;
  readonly phone?: string;
}

/**
 * acme-1 (account acme): 4 calls, 2 answered (60 s to alpha-1, 120 s to alpha-1 after omega had
 * refused), PDD 1, 2 and 4 s; beta (account beta): 1 call, busy at omega.
 */
const SAMPLE_CALLS: readonly SampleCall[] = [
  {
    atMs: 0,
    gateway: 'acme-1',
    talkMs: 60_000,
    pddMs: 1000,
    code: 200,
    reason: 'Normal',
    vendors: ['alpha-1'],
    area: 'Dhaka',
    level: 'local',
    customerFee: '0.123456789',
    vendorFee: '0.1',
    tax: '0.003456789',
    agentFee: '0.01',
    phone: '8801700',
  },
  {
    atMs: 1,
    gateway: 'acme-1',
    talkMs: 120_000,
    pddMs: 2000,
    code: 200,
    reason: 'Normal',
    endSide: 'callee',
    vendors: ['omega', 'alpha-1'],
    area: 'London',
    level: 'international',
    customerFee: '1000000000000.000000001',
    vendorFee: '0.2',
    tax: '0.000000001',
    agentFee: '0.02',
  },
  {
    atMs: HOUR,
    gateway: 'acme-1',
    pddMs: 4000,
    code: 486,
    reason: 'Busy here',
    endSide: 'callee',
    vendors: ['alpha-1'],
    area: 'Dhaka',
    level: 'local',
  },
  {
    atMs: HOUR + 1,
    gateway: 'acme-1',
    code: 503,
    reason: 'No route',
    endSide: 'server',
    vendors: [],
  },
  {
    atMs: 23 * HOUR,
    gateway: 'beta, "inc"',
    account: 'beta',
    code: 486,
    reason: 'Busy here',
    endSide: 'callee',
    vendors: ['omega'],
    callee: '8801999',
    area: 'Dhaka',
    level: 'local',
  },
  // The last millisecond of the day before and the first of the next: in no report of this day.
  { atMs: -1, gateway: 'acme-1', code: 404, reason: 'Not found', vendors: ['alpha-1'] },
  { atMs: 24 * HOUR, gateway: 'acme-1', code: 404, reason: 'Not found', vendors: ['alpha-1'] },
];

const CLEARING: Readonly<Record<string, string>> = { 'alpha-1': 'alpha', omega: 'omega-ltd' };

/** UUID of the n-th call. */
export function callId(n: number): string {
  return `019caa00-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

function cdrRow(call: SampleCall, n: number): Record<string, unknown> {
  const started = DAY_MS + call.atMs;
  const answered = call.talkMs === undefined ? null : started + 5000;
  const vendor = call.vendors.at(-1) ?? '';
  return {
    id: callId(n),
    node: 'edge-1',
    started_at: started,
    ringing_at: call.pddMs === undefined ? null : started + call.pddMs,
    answered_at: answered,
    ended_at: started + 5000 + (call.talkMs ?? 0),
    duration_ms: call.talkMs ?? 0,
    pdd_ms: call.pddMs ?? null,
    mapping_gateway: call.gateway,
    account: call.account ?? 'acme',
    routing_gateway: vendor,
    clearing_account: CLEARING[vendor] ?? '',
    caller_in: call.caller ?? '442071234567',
    callee_in: call.callee ?? '8801712345678',
    callee_out: `00${call.callee ?? '8801712345678'}`,
    end_code: call.code,
    end_reason: call.reason,
    end_side: call.endSide ?? 'caller',
    attempts: call.vendors.length,
    customer_fee: call.customerFee ?? '0',
    vendor_fee: call.vendorFee ?? '0',
    // Charged by the minute.
    billed_ms: Math.ceil((call.talkMs ?? 0) / 60_000) * 60_000,
    area: call.area ?? '',
    vendor_area: vendor === '' ? '' : (call.area ?? ''),
    call_level: call.level ?? '',
    tax: call.tax ?? '0',
    phone: call.phone ?? '',
    agent_account: call.agentFee === undefined ? '' : 'agent-7',
    agent_fee: call.agentFee ?? '0',
  };
}

function attemptRows(call: SampleCall, n: number): Record<string, unknown>[] {
  return call.vendors.map((vendor, i) => {
    const last = i === call.vendors.length - 1;
    return {
      id: callId(n),
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

/** Inserts calls; the ids of the first is `callId(firstId)`. */
export async function insertCalls(
  client: ClickHouseClient,
  calls: readonly SampleCall[],
  firstId = 0,
): Promise<void> {
  const cdrs = calls.map((call, i) => cdrRow(call, firstId + i));
  await client.insert({ table: 'tandem.cdr', values: cdrs, format: 'JSONEachRow' });
  const attempts = calls.flatMap((call, i) => attemptRows(call, firstId + i));
  if (attempts.length === 0) return;
  await client.insert({ table: 'tandem.cdr_attempt', values: attempts, format: 'JSONEachRow' });
}

/** The day, and its first call a second time: reports must not count it twice. */
export async function insertSampleCalls(client: ClickHouseClient): Promise<void> {
  await insertCalls(client, SAMPLE_CALLS);
  await insertCalls(client, SAMPLE_CALLS.slice(0, 1));
}
