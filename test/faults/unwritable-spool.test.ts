// The file system of the spool is read-only, or full, for a while: an edge with calls up, an edge
// that is to start, an ingest process. Each says so and raises the alarm; calls that are up go on;
// and when it can be written again, every call is in ClickHouse, once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import type { LoadSession } from '../../bench/calls/load-session.ts';
import { withLoadSession } from '../../bench/calls/load-session.ts';
import type { SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import type { RowBatch } from '../../ingest/clickhouse-writer.ts';
import { Delivery } from '../../ingest/delivery.ts';
import { newIngestState } from '../../ingest/ingest-state.ts';
import { NODE, openWriter } from '../engine/cdr/records.ts';
import { cdrIdsOf } from '../ingest/row-blocks.ts';
import { idsOf, keptLog, spoolCalls } from '../ingest/kafka/kafka-fixture.ts';
import { IngestSite } from './ingest-site.ts';
import { MountedFolder, testsWithMounts } from './mounted-folder.ts';

const PATIENCE_MS = 20_000;
/** Long enough for all calls to be in before the first is answered. */
const RING_MS = 1000;
/** So that a full disk shows in the writes, and not before them. */
const SPOOL = { minFreeBytes: '1 KiB' };

interface Trouble {
  readonly begin: (mount: MountedFolder) => Promise<void> | void;
  readonly code: string;
  /** What an operator reads. */
  readonly words: RegExp;
}

const READ_ONLY: Trouble = {
  begin: (mount) => mount.readOnly(),
  code: 'EROFS',
  words: /the file system is mounted read-only/,
};
const FULL: Trouble = {
  begin: (mount) => {
    mount.fill();
  },
  code: 'ENOSPC',
  words: /the disk is full/,
};

/** An edge with its spool on a mount. */
async function withSpoolMount(
  t: TestContext,
  body: (session: LoadSession, mount: MountedFolder) => Promise<void>,
): Promise<void> {
  const mount = new MountedFolder(t, 'spool');
  const config = { data: mount.root, spool: SPOOL };
  await withLoadSession({ shards: 1, ringMs: RING_MS, config }, (session) => body(session, mount));
}

async function metricIs(edge: SwitchProcess, name: string, value: number): Promise<void> {
  let seen: number | undefined;
  const same = await until(async () => {
    seen = await edge.metric(name);
    return seen === value ? true : undefined;
  }, PATIENCE_MS);
  assert.ok(same, `${name} is ${seen}, not ${value}\n${edge.log().slice(-3000)}`);
}

async function says(edge: SwitchProcess, pattern: RegExp): Promise<void> {
  const told = await until(() => (pattern.test(edge.log()) ? true : undefined), PATIENCE_MS);
  assert.ok(told, `${String(pattern)} is not in the log:\n${edge.log().slice(-3000)}`);
}

function unwritable(words: RegExp, code: string): RegExp {
  return new RegExp(`TDM_SPOOL_UNWRITABLE: spool .*spool: ${words.source} \\(${code}\\)`);
}

/** Waits for the calls in ClickHouse: `count`, each once, all answered. */
async function recorded(edge: SwitchProcess, count: number): Promise<void> {
  const sql = `SELECT count() AS rows, uniqExact(id) AS ids,
    countIf(answered_at IS NOT NULL) AS answered FROM tandem.cdr`;
  let row: { ids: number } | undefined;
  await until(async () => {
    [row] = await edge.query<{ ids: number }>(sql);
    return row !== undefined && row.ids >= count ? true : undefined;
  }, PATIENCE_MS);
  assert.deepEqual(row, { rows: count, ids: count, answered: count });
}

async function callsGoOn(t: TestContext, { begin, code, words }: Trouble): Promise<void> {
  await withSpoolMount(t, async ({ edge, ...session }, mount) => {
    // The first record of a call is written at its answer.
    await begin(mount);
    const up = await session.startCaller({ calls: 20, rate: 1000, holdMs: 4000 });
    await metricIs(edge, 'tandem_spool_failed', 1);
    await says(edge, new RegExp(`the spool cannot be written \\(${code}\\): `));
    await says(edge, new RegExp(`${words.source}; no new calls until that is over`));
    const ready = await fetch(`${edge.apiUrl}/readyz`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), words);
    const refused = await (await session.startCaller({ calls: 5, rate: 100, holdMs: 0 })).done;
    assert.equal(refused.counts.failed, 5);
    assert.match(refused.errors, /503/);
    const { counts, errors } = await up.done;
    assert.deepEqual([counts.successful, counts.failed], [20, 0], errors);
    assert.equal(await edge.metric('tandem_spool_failed'), 1, 'they ended meanwhile');
    mount.writable();
    await metricIs(edge, 'tandem_spool_failed', 0);
    await says(edge, /the spool has room and can be written/);
    const after = await (await session.startCaller({ calls: 10, rate: 100, holdMs: 100 })).done;
    assert.equal(after.counts.successful, 10, after.errors);
    await recorded(edge, 30);
    assert.equal(await edge.metric('tandem_recorder_lost_total'), 0);
    assert.equal(await edge.metric('tandem_records_dropped_total'), 0);
  });
}

async function edgeStartsLater(t: TestContext, { begin, code, words }: Trouble): Promise<void> {
  await withSpoolMount(t, async ({ edge, ...session }, mount) => {
    const caller = await session.startCaller({ calls: 20, rate: 200, holdMs: 15_000 });
    // Each has its START in the spool.
    await metricIs(edge, 'tandem_spool_records_total', 20);
    edge.signal('SIGKILL');
    await edge.exited;
    await begin(mount);
    const main = repositoryPath('dist/engine/main.js');
    const command = [main, '--config', edge.configFile];
    const refused = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 30_000 });
    assert.equal(refused.status, 2, refused.stderr);
    assert.match(refused.stderr, unwritable(words, code));
    mount.writable();
    const again = await edge.again();
    try {
      const { counts, errors } = await caller.done;
      assert.deepEqual([counts.successful, counts.failed], [20, 0], errors);
      await recorded(again, 20);
    } finally {
      await again.stop();
    }
  });
}

async function ingestWaits(t: TestContext, { begin, code, words }: Trouble): Promise<void> {
  const mount = new MountedFolder(t, 'data', 'spool');
  const site = new IngestSite(t, mount.root);
  const writer = openWriter(site.spool);
  spoolCalls(writer, 0, 500);
  assert.ok(writer.close());
  await begin(mount);
  await site.start({ spool: SPOOL });
  await site.problem(unwritable(words, code));
  assert.deepEqual(await site.calls(), { rows: 0, ids: 0 });
  mount.writable();
  await site.holds(500);
  assert.equal(await site.stop(), 0);
}

async function insertIsRepeated(t: TestContext, { begin, code, words }: Trouble): Promise<void> {
  const mount = new MountedFolder(t, 'spool');
  const directory = mount.path;
  const writer = openWriter(directory);
  spoolCalls(writer, 0, 20);
  assert.ok(writer.close());
  const tokens: string[] = [];
  const ids = new Map<string, unknown[]>();
  const write = async (batch: RowBatch): Promise<boolean> => {
    tokens.push(batch.token);
    ids.set(batch.token, cdrIdsOf(batch));
    if (tokens.length === 1) await begin(mount);
    return true;
  };
  const state = newIngestState();
  const log = keptLog();
  const limits = { batchRecords: 1000, batchAgeMs: 5, keepSegments: 1 };
  const options = { directory, node: NODE, writer: { write }, state, log, ...limits };
  const running = new Delivery(options).run(AbortSignal.abort(), new AbortController().signal);
  const held = (): true | undefined =>
    state.lastError.includes('TDM_SPOOL_UNWRITABLE') ? true : undefined;
  assert.ok(await until(held, PATIENCE_MS), state.lastError);
  assert.match(state.lastError, unwritable(words, code));
  assert.equal(state.healthy, false);
  assert.match(log.lines.join('\n'), words);
  mount.writable();
  assert.equal(await running, true);
  assert.ok(tokens.length >= 2);
  assert.equal(new Set(tokens).size, 1, 'the same range, so the same token');
  assert.deepEqual([...ids.values()].flat().sort(), idsOf(20));
  assert.ok(state.healthy);
}

testsWithMounts(import.meta.url, {
  'read-only: running calls go on, new ones get 503, every record arrives': (t) =>
    callsGoOn(t, READ_ONLY),
  'full: running calls go on, new ones get 503, every record arrives': (t) => callsGoOn(t, FULL),
  'read-only: an edge does not start, and takes its calls over afterwards': (t) =>
    edgeStartsLater(t, READ_ONLY),
  'full: an edge does not start, and takes its calls over afterwards': (t) =>
    edgeStartsLater(t, FULL),
  'read-only: ingest inserts nothing before it can note it': (t) => ingestWaits(t, READ_ONLY),
  'full: ingest inserts nothing before it can note it': (t) => ingestWaits(t, FULL),
  'read-only: an insert whose end cannot be noted is repeated under its token': (t) =>
    insertIsRepeated(t, READ_ONLY),
  'full: an insert whose end cannot be noted is repeated under its token': (t) =>
    insertIsRepeated(t, FULL),
});
