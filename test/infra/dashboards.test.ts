// The business dashboard asks ClickHouse only for what the migrated schema answers: each of its
// queries runs against the embedded server, over a few calls, with Grafana's macros written out.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { repositoryPath } from '../../engine/base/paths.ts';
import { migrate } from '../../ingest/migrations/migrate.ts';
import { RollupRefresher } from '../../ingest/rollups/refresher.ts';
import { startScratchServer } from '../ingest/clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../ingest/clickhouse-server/scratch-server.ts';

interface Target {
  readonly rawSql: string;
  readonly queryType: 'timeseries' | 'table';
}

interface Dashboard {
  readonly panels: readonly { title: string; targets: readonly Target[] }[];
  readonly templating: { list: readonly { name: string; type: string; query: string }[] };
}

const board = JSON.parse(
  readFileSync(repositoryPath('infra', 'grafana', 'business.json'), 'utf8'),
) as Dashboard;

const FROM = "toDateTime('2026-11-23 00:00:00', 'UTC')";
const TO = "toDateTime('2026-11-24 00:00:00', 'UTC')";

/** What Grafana and its ClickHouse plugin make of a query. */
function written(sql: string, grain: string, account: string): string {
  const text = sql
    .replaceAll(/\$__timeFilter\((\w+)\)/g, `$1 >= ${FROM} AND $1 <= ${TO}`)
    .replaceAll('${grain}', grain)
    .replaceAll(/\$\{(account|vendor):singlequote\}/g, (_, name) => {
      return name === 'account' ? account : "'*'";
    });
  assert.ok(!text.includes('$'), `a macro or variable that this test does not know: ${text}`);
  return text;
}

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
  const id = (n: number): string => `019ab000-0000-7000-8000-00000000000${n}`;
  const started = (n: number): string => `2026-11-23 10:0${n}:00.000`;
  const call = { mapping_gateway: 'acme-1', account: 'acme', node: 'edge-1', callee_in: '441632' };
  const vendor = { routing_gateway: 'alpha-1', clearing_account: 'alpha', attempts: 1 };
  const answered = { answered_at: started(1), end_code: 200, duration_ms: 60_000, pdd_ms: 900 };
  const fees = { customer_fee: '0.024', vendor_fee: '0.010', billed_ms: 60_000 };
  const values = [1, 2, 3].map((n) => {
    const end = n < 3 ? { ...answered, ...fees } : { end_code: 486 };
    const times = { started_at: started(n), ended_at: started(n + 2) };
    return { id: id(n), ...call, ...vendor, ...times, ...end };
  });
  await server.client.insert({ table: 'tandem.cdr', values, format: 'JSONEachRow' });
  const attempts = [1, 2, 3].map((n) => ({
    id: id(n),
    attempt: 1,
    started_at: started(n),
    ended_at: started(n + 2),
    routing_gateway: 'alpha-1',
    code: n < 3 ? 200 : 486,
  }));
  await server.client.insert({
    table: 'tandem.cdr_attempt',
    values: attempts,
    format: 'JSONEachRow',
  });
  const refresher = new RollupRefresher(server.client, {
    rawDays: { cdr: 0, cdr_attempt: 0 },
    grainDays: { minute: 0, quarter: 0, hour: 0, day: 0 },
    settleMs: 1,
  });
  await refresher.refresh(true);
});
after(() => server.close());

async function rows(query: string): Promise<Record<string, unknown>[]> {
  return (await server.client.query({ query, format: 'JSONEachRow' })).json();
}

for (const { title, targets } of board.panels) {
  test(`${title}: its queries have an answer`, async () => {
    for (const { rawSql, queryType } of targets) {
      const grains = rawSql.includes('${grain}') ? ['minute', 'quarter', 'hour', 'day'] : ['-'];
      for (const grain of grains) {
        const all = await rows(written(rawSql, grain, "'*'"));
        assert.ok(all.length > 0, `${grain}: no row`);
        if (queryType === 'timeseries') assert.ok('time' in all[0]!, 'no column time');
        await rows(written(rawSql, grain, "'acme','other'"));
      }
    }
  });
}

function panel(title: string): string {
  const found = board.panels.find((one) => one.title === title);
  assert.ok(found !== undefined, title);
  return written(found.targets[0]!.rawSql, 'quarter', "'*'");
}

test('the figures are those of the calls', async () => {
  const value = async (title: string): Promise<number> => {
    return Number((await rows(panel(title)))[0]?.['value']);
  };
  assert.equal(await value('Calls'), 3);
  assert.ok(Math.abs((await value('ASR')) - 2 / 3) < 1e-9);
  assert.equal(await value('ACD'), 60);
  assert.equal(await value('PDD, mean'), 0.9);
  assert.ok(Math.abs((await value('Profit')) - 0.028) < 1e-9);
  assert.deepEqual(
    (await rows(panel('Release causes'))).map(({ code, calls }) => [code, Number(calls)]),
    [
      [200, 2],
      [486, 1],
    ],
  );
  const other = board.panels.find(({ title }) => title === 'Calls')!.targets[0]!.rawSql;
  const [none] = await rows(written(other, 'quarter', "'nobody'"));
  assert.equal(Number(none?.['value']), 0);
});

test('variables are filled by queries that run', async () => {
  const queries = board.templating.list.filter(({ type }) => type === 'query');
  assert.deepEqual(
    queries.map(({ name }) => name),
    ['account', 'vendor'],
  );
  for (const { query } of queries) assert.ok((await rows(query)).length > 0, query);
});
