// CDR files hold the spool's CDRs in order and once, whatever the process dies of and wherever.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { CdrFollower } from '../../../ingest/cdr-feed/cdr-follower.ts';
import { CdrFileFeed } from '../../../ingest/cdr-files/cdr-file-feed.ts';
import type { CdrFileSettings } from '../../../ingest/cdr-files/cdr-file-feed.ts';
import { positionFile, savePosition } from '../../../ingest/delivery-position.ts';
import { NODE } from '../../engine/cdr/records.ts';
import { parseCsv } from '../cdr-feed/csv-text.ts';
import { feedContext, idsOf } from '../cdr-feed/feed-context.ts';
import type { FeedContext } from '../cdr-feed/feed-context.ts';

const MINUTE_MS = 60_000;
const SETTINGS: CdrFileSettings = { intervalMs: MINUTE_MS, maxFiles: 4096 };
const T0 = Date.UTC(2026, 10, 23, 8, 15);

class Killed extends Error {}

/** Where the process dies: before the position is stored, or with a torn write on the disk. */
type Death = 'never' | 'before commit' | 'before note' | 'torn write';

class DyingFollower extends CdrFollower {
  death: Death = 'never';

  override commit(...args: Parameters<CdrFollower['commit']>): void {
    if (this.death === 'before commit' || this.death === 'torn write') throw new Killed();
    super.commit(...args);
  }

  override note(progress?: object): void {
    super.note(progress);
    if (this.death === 'before note') throw new Killed();
  }
}

class Files {
  readonly directory: string;
  nowMs = T0;
  readonly #context: FeedContext;

  constructor(context: FeedContext) {
    this.#context = context;
    this.directory = join(context.config.dataDir, 'cdr-files');
  }

  open(settings: Partial<CdrFileSettings> = {}, death: Death = 'never'): CdrFileFeed {
    const follower = new DyingFollower(this.#context, NODE, 'files');
    follower.death = death;
    return new CdrFileFeed({
      ...SETTINGS,
      ...settings,
      directory: this.directory,
      node: NODE,
      follower,
      now: () => this.nowMs,
      onLines: () => undefined,
    });
  }

  /** One life of the process. */
  async live(settings: Partial<CdrFileSettings> = {}, death: Death = 'never'): Promise<void> {
    const feed = this.open(settings, death);
    try {
      await feed.pass(new AbortController().signal);
    } catch (error) {
      assert.ok(error instanceof Killed, String(error));
      const part = this.names().find((name) => name.endsWith('.part'));
      if (death === 'torn write' && part !== undefined) {
        appendFileSync(join(this.directory, part), '"019ab,edge-1,20');
      }
    } finally {
      feed.close();
    }
  }

  names(): string[] {
    return existsSync(this.directory) ? readdirSync(this.directory).sort() : [];
  }

  /** Ids in all files, by the order of their names; each file must be whole CSV with a header. */
  ids(): string[] {
    return this.names().flatMap((name) => {
      const lines = parseCsv(readFileSync(join(this.directory, name), 'utf8'));
      assert.equal(lines[0]?.[0], 'id', name);
      assert.ok(lines.length > 1, `${name} has no record`);
      assert.ok(lines.every((fields) => fields.length === lines[0]!.length));
      return lines.slice(1).map((fields) => fields[0]!);
    });
  }
}

test('a file for each interval with records, complete when the interval is over', async (t) => {
  const context = feedContext(t);
  const files = new Files(context);
  files.nowMs = T0 + 12_345;
  const feed = files.open();
  const pass = (): Promise<void> => feed.pass(new AbortController().signal);
  await pass();
  assert.deepEqual(files.names(), [], 'no record, no file');
  context.spool(0, 20);
  await pass();
  assert.deepEqual(files.names(), ['cdr_edge-1_20261123T081500Z.csv.part']);
  files.nowMs = T0 + MINUTE_MS - 1;
  await pass();
  assert.deepEqual(files.names(), ['cdr_edge-1_20261123T081500Z.csv.part']);
  files.nowMs = T0 + MINUTE_MS;
  await pass();
  assert.deepEqual(files.names(), ['cdr_edge-1_20261123T081500Z.csv']);
  files.nowMs = T0 + 3 * MINUTE_MS;
  context.spool(20, 5);
  await pass();
  assert.deepEqual(files.names(), [
    'cdr_edge-1_20261123T081500Z.csv',
    'cdr_edge-1_20261123T081800Z.csv.part',
  ]);
  assert.deepEqual(files.ids(), idsOf(25));
  feed.close();
});

test('killed anywhere, the files hold each record once and in order', async (t) => {
  const life = fc.record({
    calls: fc.integer({ min: 0, max: 60 }),
    death: fc.constantFrom<Death>('never', 'before commit', 'before note', 'torn write'),
    afterMs: fc.constantFrom(0, 20_000, MINUTE_MS, 10 * MINUTE_MS),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 8 }), async (lives) => {
      const context = feedContext(t, 5000);
      const files = new Files(context);
      await files.live();
      let calls = 0;
      for (const { calls: more, death, afterMs } of lives) {
        context.spool(calls, more);
        calls += more;
        await files.live({}, death);
        files.nowMs += afterMs;
      }
      await files.live();
      assert.deepEqual(files.ids(), idsOf(calls));
      assert.ok(files.names().filter((name) => name.endsWith('.part')).length <= 1);
    }),
    { numRuns: 40 },
  );
});

test('the oldest files go when one more is begun', async (t) => {
  const context = feedContext(t);
  const files = new Files(context);
  const feed = files.open({ maxFiles: 10 });
  for (let n = 0; n < 25; n++) {
    context.spool(n, 1);
    await feed.pass(new AbortController().signal);
    files.nowMs += MINUTE_MS;
    assert.ok(files.names().length <= 10);
  }
  assert.deepEqual(files.ids(), idsOf(25).slice(15));
  feed.close();
});

test('another interval begins another file; a clock set back overwrites none', async (t) => {
  const context = feedContext(t);
  const files = new Files(context);
  files.nowMs = T0 + 61_000;
  context.spool(0, 2);
  await files.live();
  context.spool(2, 2);
  await files.live({ intervalMs: 60 * MINUTE_MS });
  files.nowMs = T0 + 2 * MINUTE_MS;
  context.spool(4, 2);
  await files.live();
  files.nowMs = T0 + 61_000;
  context.spool(6, 2);
  await files.live();
  assert.deepEqual(files.names(), [
    'cdr_edge-1_20261123T080000Z.csv',
    'cdr_edge-1_20261123T081600Z.csv',
    'cdr_edge-1_20261123T081600Z_2.csv.part',
    'cdr_edge-1_20261123T081700Z.csv',
  ]);
  assert.deepEqual(files.ids().sort(), idsOf(8).sort());
});

test('a position moved back writes its records again, into a file of their own', async (t) => {
  const context = feedContext(t);
  const files = new Files(context);
  context.spool(0, 10);
  await files.live();
  const position = positionFile(context.directory, NODE, 'files');
  savePosition(position, { delivered: { sequence: 0, offset: 0 }, pending: null });
  await files.live();
  assert.deepEqual(files.names(), [
    'cdr_edge-1_20261123T081500Z.csv',
    'cdr_edge-1_20261123T081500Z_2.csv.part',
  ]);
  assert.deepEqual(files.ids(), [...idsOf(10), ...idsOf(10)]);
});

test('a growing file that somebody takes away is followed by another one', async (t) => {
  const context = feedContext(t);
  const files = new Files(context);
  const feed = files.open();
  context.spool(0, 2);
  await feed.pass(new AbortController().signal);
  unlinkSync(join(files.directory, files.names()[0]!));
  context.spool(2, 3);
  await feed.pass(new AbortController().signal);
  assert.deepEqual(files.ids(), idsOf(5).slice(2));
  feed.close();
});

test('a file that cannot be written holds it up; then nothing is lost or doubled', async (t) => {
  const context = feedContext(t);
  const files = new Files(context);
  context.spool(0, 30);
  await files.live({}, 'before note');
  // The file has its name and is not made yet: in its place stands what takes no byte.
  const part = join(files.directory, 'cdr_edge-1_20261123T081500Z.csv.part');
  symlinkSync('/dev/full', part);
  for (let i = 0; i < 2; i++) {
    const feed = files.open();
    await assert.rejects(feed.pass(new AbortController().signal), /ENOSPC|EINVAL/);
    feed.close();
    context.spool(30 + 5 * i, 5);
  }
  unlinkSync(part);
  await files.live();
  assert.deepEqual(files.ids(), idsOf(40));
});
