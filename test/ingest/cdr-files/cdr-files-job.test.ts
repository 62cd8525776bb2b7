// CDR files as a job: parameters switch it on and off while it runs.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { cdrFilesJob } from '../../../ingest/cdr-files/cdr-files-job.ts';
import { positionFile, savePosition } from '../../../ingest/delivery-position.ts';
import { NODE } from '../../engine/cdr/records.ts';
import { parseCsv } from '../cdr-feed/csv-text.ts';
import { feedContext, idsOf } from '../cdr-feed/feed-context.ts';
import type { FeedContext } from '../cdr-feed/feed-context.ts';

const ON = { SERVER_CDR_FILE_WRITE_INTERVAL: 3600 };

function filesOf({ config }: FeedContext): string[] {
  const directory = join(config.dataDir, 'cdr-files');
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((name) => join(directory, name));
}

function idsIn(files: readonly string[]): string[] {
  return files.flatMap((path) => {
    const [, ...lines] = parseCsv(readFileSync(path, 'utf8'));
    return lines.map((fields) => fields[0]!);
  });
}

/** Runs the job until `done` holds. */
async function runUntil(
  t: TestContext,
  context: FeedContext,
  done: () => boolean,
): Promise<boolean> {
  const stop = new AbortController();
  t.after(() => {
    stop.abort();
  });
  const run = cdrFilesJob(context, NODE).run(stop.signal, new AbortController().signal);
  const deadline = performance.now() + 20_000;
  while (!done() && performance.now() < deadline) await new Promise(setImmediate);
  assert.ok(done(), context.complaints.join('\n'));
  stop.abort();
  return run;
}

test('switched off, on, off: files begin and are completed without a restart', async (t) => {
  const context = feedContext(t);
  const position = positionFile(context.directory, NODE, 'files');
  context.provide({ SERVER_CDR_FILE_WRITE_INTERVAL: 'None' });
  context.spool(0, 5);
  savePosition(positionFile(context.directory, NODE), {
    delivered: context.writer.position,
    pending: null,
  });
  const stop = new AbortController();
  const run = cdrFilesJob(context, NODE).run(stop.signal, new AbortController().signal);
  assert.ok(!existsSync(position));
  const until = async (done: () => boolean): Promise<void> => {
    const deadline = performance.now() + 20_000;
    while (!done() && performance.now() < deadline) await new Promise(setImmediate);
    assert.ok(done(), context.complaints.join('\n'));
  };
  context.provide(ON);
  await until(() => existsSync(position));
  context.spool(5, 5);
  await until(() => context.state.cdrFeeds.files.records === 5);
  assert.ok(filesOf(context)[0]?.endsWith('.part'));
  context.provide({});
  await until(() => !existsSync(position));
  stop.abort();
  assert.ok(await run);
  const files = filesOf(context);
  assert.equal(files.length, 1);
  assert.ok(files[0]!.endsWith('.csv'));
  assert.deepEqual(idsIn(files), idsOf(10).slice(5));
});

test('switched off while ingest was down: the file is completed at the next start', async (t) => {
  const context = feedContext(t);
  context.provide(ON);
  context.spool(0, 4);
  await runUntil(t, context, () => context.state.cdrFeeds.files.records === 4);
  assert.ok(filesOf(context)[0]!.endsWith('.part'), 'a restart goes on with the same file');
  context.provide({});
  cdrFilesJob(context, NODE);
  assert.ok(filesOf(context)[0]!.endsWith('.csv'));
  assert.deepEqual(idsIn(filesOf(context)), idsOf(4));
});

test('a stop takes along what the spool holds', async (t) => {
  const context = feedContext(t);
  context.provide(ON);
  context.spool(0, 300);
  const left = await cdrFilesJob(context, NODE).run(
    AbortSignal.abort(),
    new AbortController().signal,
  );
  assert.ok(left);
  assert.deepEqual(idsIn(filesOf(context)), idsOf(300));
});

test('a provision that cannot be read neither begins nor ends files', async (t) => {
  const context = feedContext(t);
  context.provide(ON);
  context.spool(0, 2);
  await runUntil(t, context, () => context.state.cdrFeeds.files.records === 2);
  context.provide({ SERVER_CDR_FILE_WRITE_INTERVAL: 59 });
  assert.match(context.complaints.join(), /from 60 to 86400/);
  context.spool(2, 2);
  await runUntil(t, context, () => context.state.cdrFeeds.files.records === 4);
  assert.deepEqual(idsIn(filesOf(context)), idsOf(4));
});
