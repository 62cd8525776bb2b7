// The push against real servers that fail in every way: in order, each record at least once,
// nothing lost, refused records found and set aside.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { cdrPushJob } from '../../../ingest/cdr-push/cdr-push-job.ts';
import { positionFile } from '../../../ingest/delivery-position.ts';
import { NODE } from '../../engine/cdr/records.ts';
import { feedContext, idsOf } from '../cdr-feed/feed-context.ts';
import type { FeedContext } from '../cdr-feed/feed-context.ts';
import { httpReceiver, tcpReceiver } from './receivers.ts';
import type { Answer } from './receivers.ts';

/** Runs the job until `done` holds; fails when it does not within 20 s. */
async function pushUntil(
  t: TestContext,
  context: FeedContext,
  done: () => boolean,
): Promise<boolean> {
  const stop = new AbortController();
  const abort = new AbortController();
  t.after(() => {
    abort.abort();
  });
  const job = cdrPushJob(context, NODE);
  const run = job.run(stop.signal, abort.signal);
  const deadline = performance.now() + 20_000;
  while (!done() && performance.now() < deadline) await new Promise(setImmediate);
  assert.ok(done(), `not done: ${context.complaints.slice(-3).join('\n')}`);
  stop.abort();
  return run;
}

function pushTo(context: FeedContext, url: string): void {
  context.provide({ SERVER_CDR_REAL_TIME_REPORT_SERVER: url });
}

/** The ids without repeats, in the order of their first coming. */
function firstComings(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

test('what waits goes in batches, what comes alone under its id, within a second', async (t) => {
  const context = feedContext(t, 1_000_000);
  const receiver = await httpReceiver(t, () => 204);
  pushTo(context, receiver.url);
  context.spool(0, 250);
  const left = await pushUntil(t, context, () => receiver.taken.length === 250);
  assert.ok(left);
  assert.deepEqual(receiver.taken, idsOf(250));
  assert.deepEqual(
    receiver.received.map(({ ids }) => ids.length),
    [100, 100, 50],
  );
  const [first] = receiver.received;
  assert.equal(first?.key, `${idsOf(1)[0]!}+99`);
  assert.equal(first.request.headers['content-type'], 'application/json');
  assert.equal(first.request.url, '/cdr');

  let sentAtMs = 0;
  const job = pushUntil(t, context, () => receiver.taken.length === 251);
  setImmediate(() => {
    sentAtMs = performance.now();
    context.spool(250, 1);
  });
  await job;
  assert.ok(performance.now() - sentAtMs < 1000);
  assert.equal(receiver.received.at(-1)?.key, idsOf(251)[250]);
});

test('a server that fails in every way gets each record, in order', async (t) => {
  const context = feedContext(t, 1_000_000);
  const failures: Answer[] = [500, 'cut instead of an answer', 503, 401, 404, 301, 408, 429];
  const plan: Answer[] = failures.flatMap((failure) => [failure, 200]);
  const receiver = await httpReceiver(t, () => plan.shift() ?? 200);
  pushTo(context, receiver.url);
  for (let n = 0; n < 1000; n += 100) context.spool(n, 100);
  await pushUntil(t, context, () => receiver.taken.length >= 1000);
  assert.deepEqual(firstComings(receiver.received.flatMap(({ ids }) => ids)), idsOf(1000));
  assert.deepEqual(firstComings(receiver.taken), idsOf(1000));
  // A repeat is the same batch under the same key.
  const keys = receiver.received.map(({ key }) => key);
  assert.equal(new Set(keys).size, 10);
  assert.equal(keys.length, 10 + failures.length);
  assert.equal(context.state.cdrFeeds.push.failures, failures.length);
  assert.equal(context.state.cdrFeeds.push.records, 1000);
  assert.equal(context.state.cdrFeeds.push.heldUp, 0);
});

test('user and password of the address go along', async (t) => {
  const context = feedContext(t);
  const receiver = await httpReceiver(t, () => 200);
  pushTo(context, receiver.url.replace('http://', 'http://billing:p%40ss@'));
  context.spool(0, 1);
  await pushUntil(t, context, () => receiver.taken.length === 1);
  const { authorization } = receiver.received[0]!.request.headers;
  assert.equal(authorization, `Basic ${Buffer.from('billing:p@ss').toString('base64')}`);
});

test('Retry-After is kept to', async (t) => {
  const context = feedContext(t);
  const times: number[] = [];
  const receiver = await httpReceiver(t, () => {
    times.push(performance.now());
    return times.length === 1 ? { status: 503, headers: { 'retry-after': '2' } } : 200;
  });
  pushTo(context, receiver.url);
  context.spool(0, 1);
  await pushUntil(t, context, () => receiver.taken.length === 1);
  assert.ok(times[1]! - times[0]! >= 1990, String(times[1]! - times[0]!));
});

test('a process that dies between answer and position repeats the very batch', async (t) => {
  const context = feedContext(t);
  const abort = new AbortController();
  const receiver = await httpReceiver(t, () => {
    abort.abort();
    return 'cut instead of an answer';
  });
  pushTo(context, receiver.url);
  context.spool(0, 5);
  assert.equal(
    await cdrPushJob(context, NODE).run(new AbortController().signal, abort.signal),
    false,
  );
  context.spool(5, 5);
  const next = await httpReceiver(t, () => 200);
  pushTo(context, next.url);
  await pushUntil(t, context, () => next.taken.length === 10);
  assert.deepEqual(
    next.received.map(({ ids }) => ids.length),
    [5, 5],
  );
  assert.equal(next.received[0]?.key, receiver.received[0]?.key);
  assert.deepEqual(next.taken, idsOf(10));
});

test('a record that is refused is set aside with the reason; the others go', async (t) => {
  const context = feedContext(t);
  const [poison] = idsOf(40).slice(33);
  const receiver = await httpReceiver(t, ({ ids }) => (ids.includes(poison!) ? 422 : 200));
  pushTo(context, receiver.url);
  context.spool(0, 40);
  await pushUntil(t, context, () => receiver.taken.length === 39);
  assert.deepEqual(
    receiver.taken,
    idsOf(40).filter((id) => id !== poison),
  );
  const aside = readFileSync(join(context.directory, `${NODE}.push-refused.ndjson`), 'utf8');
  const lines = aside.trim().split('\n');
  assert.equal(lines.length, 1);
  const { id, reason, record } = JSON.parse(lines[0]!) as {
    id: string;
    reason: string;
    record: { id: string };
  };
  assert.deepEqual([id, reason, record.id], [poison, 'HTTP 422: because', poison]);
  assert.equal(context.state.cdrFeeds.push.refused, 1);
});

test('a server that refuses everything is waited for, after ten records', async (t) => {
  const context = feedContext(t);
  let answer = 400;
  const receiver = await httpReceiver(t, () => answer);
  pushTo(context, receiver.url);
  context.spool(0, 40);
  await pushUntil(t, context, () => context.state.cdrFeeds.push.failures >= 3);
  assert.equal(context.state.cdrFeeds.push.refused, 10);
  assert.match(context.complaints.join('\n'), /refuses every record: HTTP 400/);
  answer = 200;
  await pushUntil(t, context, () => receiver.taken.length >= 40);
  assert.deepEqual(receiver.taken, idsOf(40));
});

test('over TCP a batch has arrived when the receiver has read to the end and closed', async (t) => {
  const context = feedContext(t);
  const receiver = await tcpReceiver(t, (socket, number) => {
    if (number < 2) socket.resetAndDestroy();
  });
  pushTo(context, `tcp://127.0.0.1:${receiver.port}`);
  context.spool(0, 150);
  await pushUntil(t, context, () => receiver.lines.length >= 150);
  assert.deepEqual(
    receiver.lines.map((line) => (JSON.parse(line) as { id: string }).id),
    idsOf(150),
  );
  assert.ok(context.state.cdrFeeds.push.failures >= 2);
});

test('over UDP each record is a datagram; a warning says that one may be lost', async (t) => {
  const context = feedContext(t);
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => socket.close());
  await once(socket, 'listening');
  const ids: string[] = [];
  socket.on('message', (message) => {
    ids.push((JSON.parse(message.toString()) as { id: string }).id);
  });
  pushTo(context, `udp://127.0.0.1:${socket.address().port}`);
  context.spool(0, 20);
  await pushUntil(t, context, () => ids.length === 20);
  assert.deepEqual(ids, idsOf(20));
  assert.match(context.complaints.join(), /UDP: a lost datagram is a lost one/);
});

test('an address that is taken away ends the push and frees the spool', async (t) => {
  const context = feedContext(t);
  const receiver = await httpReceiver(t, () => 200);
  pushTo(context, receiver.url);
  const path = positionFile(context.directory, NODE, 'push');
  context.spool(0, 3);
  await pushUntil(t, context, () => receiver.taken.length === 3);
  assert.ok(existsSync(path));
  pushTo(context, '');
  await pushUntil(t, context, () => !existsSync(path));
  context.provide({ SERVER_CDR_REAL_TIME_REPORT_SERVER: 'ftp://nobody:21' });
  assert.match(context.complaints.join(), /TDM_PROVISION_INVALID/);
  assert.equal(context.parameters.current?.SERVER_CDR_REAL_TIME_REPORT_SERVER, '');
});
