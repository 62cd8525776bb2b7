// A MetricsSource with plain figures, for the tests of /metrics.
import { CELL_NAMES, type CounterRow } from '../../../engine/base/counter-names.ts';
import type { GatewayRow } from '../../../engine/http/gateway-row.ts';
import type {
  MetricsSource,
  PacerFigures,
  StreamFigures,
} from '../../../engine/http/metrics-source.ts';

/** A vendor of whom nothing is known. */
export const PLAIN_ROW: GatewayRow = {
  kind: 'routing',
  name: '',
  status: 'online',
  reason: '',
  locked: false,
  address: '192.0.2.9:5060',
  calls: 0,
  capacity: null,
  registration: null,
  probe: null,
  published: null,
  retryAfterSeconds: 0,
};

const ROWS: readonly GatewayRow[] = [
  { ...PLAIN_ROW, name: 'acme-1', kind: 'mapping', calls: 12, capacity: 100 },
  { ...PLAIN_ROW, name: 'alpha-1', calls: 9 },
  {
    ...PLAIN_ROW,
    name: 'beta-1',
    status: 'offline',
    registration: { state: 'failed', code: 403, secondsLeft: 0 },
    probe: { state: 'up', latencyMs: 12.5, answeredSecondsAgo: 3 },
    retryAfterSeconds: 7,
  },
];

export interface FakeMetricsSource {
  readonly source: MetricsSource;
  readonly rows: readonly CounterRow[];
}

const PACER: PacerFigures = {
  running: true,
  sent: 360,
  failed: 2,
  devices: 120,
  coverage: 100,
  cycles: 3,
  cycleMs: 30_000,
  missed: 20,
  late: 1,
  cpuMs: 250,
};

const REGISTRATIONS = { registered: 7, behindNat: 5, capacity: 100, refused: 1, suspended: 2 };

type Main = 'pacer' | 'registrations' | 'clockSteps' | 'traces' | 'snapshot';

const MAIN: Pick<MetricsSource, Main> = {
  registrations: () => REGISTRATIONS,
  pacer: () => PACER,
  clockSteps: () => 2,
  traces: () => ({ active: 2, records: 31, bytes: 20_000, lost: 3, problem: 'ENOSPC' }),
  snapshot: () => ({ version: 7, mounted: 6 }),
};

const SHARDS = [
  { up: true, restarts: 0 },
  { up: false, restarts: 3 },
];
const STREAMS: StreamFigures = {
  open: { tcp: 3, tls: 2 },
  opened: { accepted: 9, made: 4 },
  closed: { peer: 5, framing: 1 },
  refused: { total: 0, source: 7 },
  messages: { received: 100, sent: 90, undeliverable: 6, dropped: 0 },
  pings: { answered: 8, sent: 2 },
};

/** Two shards with a row of counters each; the other figures are fixed. */
export function fakeMetricsSource(changes: Partial<MetricsSource> = {}): FakeMetricsSource {
  const tables = [new Map<string, number>(), new Map<string, number>()];
  const rows = tables.map((table) => ({
    add(index: number, n: number): void {
      const name = CELL_NAMES[index]!;
      table.set(name, (table.get(name) ?? 0) + n);
    },
    set(index: number, value: number): void {
      table.set(CELL_NAMES[index]!, value);
    },
  }));
  const source: MetricsSource = {
    counters: { shards: 2, ofShard: (shard, name) => tables[shard]?.get(name) ?? 0 },
    shards: () => SHARDS,
    rings: () => [{ name: 'cdr:0', depthBytes: 128, capacityBytes: 4096 }],
    sockets: () => [{ address: 'udp://127.0.0.1:5060', shard: 1, drops: 17 }],
    gateways: () => ROWS,
    streams: () => STREAMS,
    names: () => ({ names: 4, unresolved: 1, failures: 2 }),
    limits: () => ({ calls: 12, maxCalls: 1000, maxCallsPerSecond: 100 }),
    recorder: () => ({
      running: true,
      failed: false,
      records: 40,
      bytes: 9000,
      lagBytes: 220,
      failures: 1,
      room: 'low',
      spoolBytes: 900,
      spoolMaxBytes: 1000,
      freeBytes: 5000,
      longestTurnMs: 12,
      lost: 0,
    }),
    ...MAIN,
    ingest: () => ({
      running: true,
      clickhouseOk: true,
      lagBytes: 512,
      insertedRows: 38,
      healthy: true,
      errors: 2,
      malformed: 4,
      damagedBytes: 99,
      restarts: 1,
      cpuSeconds: 0.5,
      residentBytes: 300_000_000,
      pendingRecords: 12,
      pendingLimit: 100_000,
      kafka: {
        produced: 21,
        produceErrors: 0,
        consumed: 20,
        consumeErrors: 0,
        deadLetters: 1,
        lostMessages: 0,
        lagMessages: 5,
        partitions: 3,
        heldPartitions: 0,
      },
      cdrFeeds: { push: { records: 7, refused: 1, failures: 3, heldUp: 1 } },
    }),
    ...changes,
  };
  return { source, rows };
}
