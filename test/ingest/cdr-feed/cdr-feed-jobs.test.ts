// The ingest process with CDR files and push on, killed with -9 at random moments while calls come
// in and ClickHouse is away: files hold each record once and in order, the receiver gets each.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { IngestReport } from '../../../ingest/ingest-state.ts';
import { httpReceiver } from '../cdr-push/receivers.ts';
import { parseCsv } from './csv-text.ts';
import { feedContext, idsOf } from './feed-context.ts';
import type { FeedContext } from './feed-context.ts';

const MAIN = fileURLToPath(new URL('../../../ingest/main.js', import.meta.url));
const KILLS = 6;
const CALLS_PER_LIFE = 1500;

/** Starts ingest with the context's folder; `reported` resolves when a report fits. */
function startIngest(t: TestContext, { config }: FeedContext) {
  const child = fork(MAIN, ['--config', config.file], {
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  });
  const ended = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  const reported = (fits: (report: IngestReport) => boolean): Promise<IngestReport> =>
    new Promise((resolve) => {
      child.on('message', (message) => {
        if (fits(message as IngestReport)) resolve(message as IngestReport);
      });
    });
  return { child, ended, reported };
}

function idsInFiles({ config }: FeedContext): string[] {
  const directory = join(config.dataDir, 'cdr-files');
  return readdirSync(directory)
    .sort()
    .flatMap((name) => parseCsv(readFileSync(join(directory, name), 'utf8')).slice(1))
    .map((fields) => fields[0]!);
}

test('killed six times under load: files exact, push complete', { timeout: 120_000 }, async (t) => {
  const context = feedContext(t, 500_000);
  // Nobody is there: what needs ClickHouse waits, these consumers do not.
  const settings = 'node: edge-1, data: ., clickhouse: http://127.0.0.1:1, drainSeconds: 1';
  writeFileSync(context.config.file, `{ ${settings} }`);
  let posts = 0;
  const receiver = await httpReceiver(t, () => {
    posts++;
    if (posts % 11 === 0) return 500;
    return posts % 13 === 0 ? 'cut instead of an answer' : 200;
  });
  context.provide({
    SERVER_CDR_FILE_WRITE_INTERVAL: 60,
    SERVER_CDR_REAL_TIME_REPORT_SERVER: receiver.url,
    SERVER_MAX_CDR_PENDING_LIST_LENGTH: 10_000,
  });
  let calls = 0;
  for (let life = 0; life < KILLS; life++) {
    const { child, ended } = startIngest(t, context);
    const before = receiver.received.length;
    const until = calls + CALLS_PER_LIFE;
    for (; calls < until; calls += 50) {
      context.spool(calls, 50);
      await delay(1);
    }
    // It has begun its work, then it dies somewhere in it.
    while (receiver.received.length === before) await delay(5);
    await delay(Math.random() * 100);
    child.kill('SIGKILL');
    await ended;
  }
  const { child, ended, reported } = startIngest(t, context);
  const total = calls;
  while (new Set(receiver.taken).size < total) await delay(20);
  const report = await reported(({ pendingRecords }) => pendingRecords === total);
  assert.equal(report.pendingLimit, 10_000);
  assert.equal(report.clickHouseOk, false);
  assert.equal(report.cdrFeeds.files.heldUp, 0);

  // A changed provision, applied without a restart.
  context.provide({ SERVER_CDR_FILE_WRITE_INTERVAL: 60 });
  child.send('reload');
  const { records } = (await reported(() => true)).cdrFeeds.push;
  context.spool(total, 10);
  while (idsInFiles(context).length < total + 10) await delay(20);
  assert.equal((await reported(() => true)).cdrFeeds.push.records, records);

  child.kill('SIGTERM');
  await ended;
  assert.deepEqual(idsInFiles(context), idsOf(total + 10));
  assert.deepEqual([...new Set(receiver.received.flatMap(({ ids }) => ids))], idsOf(total));
});
