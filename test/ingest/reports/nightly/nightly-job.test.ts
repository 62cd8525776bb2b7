// The nightly run: whose night has come, what is missing, what has changed, what is off.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ServerParameterValues } from '../../../../engine/base/parameter-values.ts';
import { loadConfig } from '../../../../engine/config/load.ts';
import { unprovisionedParameters } from '../../../../engine/config/provision.ts';
import { newIngestState } from '../../../../ingest/ingest-state.ts';
import { LiveParameters } from '../../../../ingest/live-parameters.ts';
import { migrate } from '../../../../ingest/migrations/migrate.ts';
import {
  dueDay,
  makeReports,
  nightlyReports,
} from '../../../../ingest/reports/nightly/nightly-job.ts';
import { startScratchServer } from '../../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../../clickhouse-server/scratch-server.ts';
import { insertCalls, insertSampleCalls } from '../sample-calls.ts';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
});
after(() => server.close());

beforeEach(async () => {
  for (const table of ['cdr', 'cdr_attempt', 'report_run', 'report_revenue_details_rows']) {
    await server.client.command({ query: `TRUNCATE TABLE tandem.${table}` });
  }
  await insertSampleCalls(server.client);
});

const never = new AbortController().signal;

/** Runs a round; the tables and days that it made, in its order. */
async function round(
  lastDay: string,
  switches: Partial<ServerParameterValues> = {},
  stop = never,
): Promise<string[]> {
  const made: string[] = [];
  const info = (fields: object, message?: string): void => {
    if (message !== 'report made') return;
    const { table, day } = fields as { table: string; day: string };
    made.push(`${day} ${table.replace('report_', '')}`);
  };
  const quiet = (): void => undefined;
  const log = { info, warn: quiet, error: quiet };
  const parameters = { ...unprovisionedParameters(), ...switches };
  await makeReports(server.client, { lastDay, timezone: 'UTC', parameters, log }, stop);
  return made;
}

const ONLY_REVENUE: Partial<ServerParameterValues> = {
  SERVER_REPORT_AGENT_INCOME: false,
  SERVER_REPORT_GATEWAY_FEE: false,
  SERVER_REPORT_PHONE_FEE: false,
  SERVER_REPORT_GATEWAY_ROUTING_LOCATION_ASR_ACD: false,
};

async function callsOf(day: string): Promise<number> {
  const result = await server.client.query({
    query: `SELECT toUInt32(sum(calls)) AS calls FROM tandem.report_revenue_details
      WHERE day = {day:Date}`,
    query_params: { day },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ calls: number }>();
  return row!.calls;
}

/** As if all runs had been an hour ago: what came since is late. */
async function runsAnHourAgo(): Promise<void> {
  await server.client.command({
    query: `INSERT INTO tandem.report_run (report, day, timezone, state, rows, made_at)
      SELECT report, day, timezone, state, rows, now64(3) - INTERVAL 1 HOUR
      FROM tandem.report_run FINAL`,
  });
  // The highest made_at stands: the originals go.
  await server.client.command({
    query: `ALTER TABLE tandem.report_run DELETE WHERE made_at > now64(3) - INTERVAL 50 MINUTE
      SETTINGS mutations_sync = 2`,
  });
  await server.client.command({
    query: `ALTER TABLE tandem.cdr UPDATE inserted_at = now64(3) - INTERVAL 2 HOUR WHERE true
      SETTINGS mutations_sync = 2`,
  });
}

test('the night of a day comes at 01:00 of the next one, in server time', () => {
  const due = (time: string, zone: string): string => dueDay(Date.parse(time), zone);
  assert.equal(due('2026-11-23T00:59:59Z', 'UTC'), '2026-11-21');
  assert.equal(due('2026-11-23T01:00:00Z', 'UTC'), '2026-11-22');
  assert.equal(due('2026-11-22T18:59:59Z', 'Asia/Dhaka'), '2026-11-21');
  assert.equal(due('2026-11-22T19:00:00Z', 'Asia/Dhaka'), '2026-11-22');
  // Berlin's clocks go from 02:00 to 03:00, and back at 03:00.
  assert.equal(due('2026-03-29T00:00:00Z', 'Europe/Berlin'), '2026-03-28');
  assert.equal(due('2026-10-24T23:00:00Z', 'Europe/Berlin'), '2026-10-24');
});

test('missed nights are made up for, each once; nothing before the first call', async () => {
  assert.deepEqual(await round('2026-03-03', ONLY_REVENUE), [
    '2026-03-01 revenue_details',
    '2026-03-02 revenue_details',
    '2026-03-03 revenue_details',
  ]);
  assert.equal(await callsOf('2026-03-02'), 5);
  assert.deepEqual(await round('2026-03-03', ONLY_REVENUE), []);
  assert.deepEqual(await round('2026-03-04', ONLY_REVENUE), ['2026-03-04 revenue_details']);
});

test('without any call there is nothing to make', async () => {
  await server.client.command({ query: 'TRUNCATE TABLE tandem.cdr' });
  assert.deepEqual(await round('2026-03-03'), []);
});

test('all that are on by default, clearing is not', async () => {
  assert.deepEqual(await round('2026-03-01'), [
    '2026-03-01 revenue_details',
    '2026-03-01 mapping_gateway_bill',
    '2026-03-01 routing_gateway_bill',
    '2026-03-01 agent_income',
    '2026-03-01 phone_bill',
    '2026-03-01 area_analysis',
  ]);
});

test('a report that is switched on acts from its next night, not for nights gone by', async () => {
  await round('2026-03-02', ONLY_REVENUE);
  const on = { ...ONLY_REVENUE, SERVER_REPORT_CLEARING_CUSTOMER_FEE: true };
  assert.deepEqual(await round('2026-03-02', on), []);
  assert.deepEqual(await round('2026-03-03', on), [
    '2026-03-03 revenue_details',
    '2026-03-03 clearing',
  ]);
});

test('a day with late records is made again, and then no more', async () => {
  await round('2026-03-03', ONLY_REVENUE);
  await runsAnHourAgo();
  assert.deepEqual(await round('2026-03-03', ONLY_REVENUE), []);
  const late = { atMs: 60_000, gateway: 'acme-1', code: 404, reason: 'Not found', vendors: [] };
  await insertCalls(server.client, [late], 70);
  assert.deepEqual(await round('2026-03-03', ONLY_REVENUE), ['2026-03-02 revenue_details']);
  assert.equal(await callsOf('2026-03-02'), 6);
  assert.deepEqual(await round('2026-03-03', ONLY_REVENUE), []);
  // Made once, it stays right: also when it is off by now.
  await runsAnHourAgo();
  await insertCalls(server.client, [late], 71);
  const off = { ...ONLY_REVENUE, SERVER_REPORT_CUSTOMER_FEE: false };
  assert.deepEqual(await round('2026-03-03', off), ['2026-03-02 revenue_details']);
  assert.equal(await callsOf('2026-03-02'), 7);
});

test('a stop ends the round between two reports, the next one goes on there', async () => {
  const stop = new AbortController();
  stop.abort();
  assert.deepEqual(await round('2026-03-03', ONLY_REVENUE, stop.signal), []);
  assert.equal((await round('2026-03-03', ONLY_REVENUE)).length, 3);
});

test('the job makes what is due at its start, shows what holds it up, and stops', async () => {
  const clock = { wallMs: () => Date.parse('2026-03-03T01:00:00Z'), monoMs: () => 0 };
  const state = newIngestState();
  const stop = new AbortController();
  let onMade = (): void => undefined;
  const made = new Promise<void>((resolve) => {
    onMade = resolve;
  });
  let failures = 0;
  const log = {
    info: (fields: object): void => {
      if ('table' in fields && fields.table === 'report_area_analysis' && 'day' in fields) {
        if (fields.day === '2026-03-02') onMade();
      }
    },
    // The first try fails: the table of runs is away. Then it comes back.
    warn: (fields: object): void => {
      if (!('lastDay' in fields)) return;
      failures++;
      assert.match(state.problems.get('nightly reports') ?? '', /report_run/);
      void server.client.command({ query: 'RENAME TABLE tandem.away TO tandem.report_run' });
    },
    error: (): void => undefined,
  };
  await server.client.command({ query: 'RENAME TABLE tandem.report_run TO tandem.away' });
  const config = loadConfig();
  const parameters = new LiveParameters('/nonexistent/provision.yaml', state, log);
  const context = { config, directory: '', state, log, parameters, kafka: null };
  const running = nightlyReports(context, server.client, clock).run(stop.signal, never);
  await made;
  stop.abort();
  assert.equal(await running, true);
  assert.equal(failures, 1);
  assert.equal(state.problems.size, 0);
  assert.equal(await callsOf('2026-03-02'), 5);
  assert.equal(await callsOf('2026-03-01'), 1);
});
