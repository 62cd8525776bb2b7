// What the supervisor of the recorder says and does when its spool is in trouble.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until as untilGiven } from '../../../bench/calls/until.ts';
import { ZEROS } from '../../../engine/cdr/aligned-buffer.ts';
import { createRecorderState, RecorderFigure } from '../../../engine/cdr/recorder-state.ts';
import type { SpoolLimits } from '../../../engine/cdr/spool-room.ts';
import type { EdgeLog } from '../../../engine/edge/log.ts';
import { RecorderThread } from '../../../engine/edge/recorder.ts';
import { KIND_CDR } from '../../../engine/cdr/schema.ts';
import { recordRing } from '../../../engine/shard/record-ring.ts';
import { createRing } from '../../../engine/shm/ring.ts';
import { frameOf, NODE, temporaryDirectory } from '../cdr/records.ts';

const WIDE: SpoolLimits = { maxBytes: 2 ** 50, warnPercent: 80, minFreeBytes: 1 };

async function until(condition: () => boolean): Promise<void> {
  const met = await untilGiven(() => condition() || undefined, 20_000, 10);
  assert.ok(met, `not within 20 s: ${condition.toString()}`);
}

interface Bench {
  readonly thread: RecorderThread;
  readonly said: string[];
  /** Puts a record into the ring. */
  readonly offer: () => void;
}

function bench(t: TestContext, directory: string, limits: SpoolLimits): Bench {
  const said: string[] = [];
  const say =
    (level: string) =>
    (fields: unknown, text?: string): void => {
      said.push(`${level} ${text ?? String(fields)}`);
    };
  const log = { error: say('error'), warn: say('warn'), info: say('info') } as unknown as EdgeLog;
  const ring = createRing(1 << 20);
  const state = createRecorderState();
  const thread = new RecorderThread({ directory, node: NODE, rings: [ring], state, limits }, log);
  const producer = recordRing(ring);
  thread.start();
  t.after(() => thread.stop());
  return {
    thread,
    said,
    offer: () => {
      const frame = frameOf(KIND_CDR, 1, Buffer.from('record'));
      assert.ok(producer.offer(1, frame, frame.length));
    },
  };
}

test('near its bound it warns, at the bound it takes no calls, each said once', async (t) => {
  const directory = temporaryDirectory(t);
  const other = join(directory, 'edge-0-000000000001.spool');
  writeFileSync(other, Buffer.alloc(2 * ZEROS.length));
  const limits = { ...WIDE, maxBytes: 3 * ZEROS.length, warnPercent: 60 };
  const { thread, said, offer } = bench(t, directory, limits);
  await until(() => thread.state.room() === 'low');
  assert.ok(thread.state.takesCalls());
  thread.sample();
  // The first record begins a segment, which is allocated ahead.
  offer();
  await until(() => thread.state.room() === 'full');
  assert.equal(thread.state.takesCalls(), false);
  assert.equal(thread.state.get(RecorderFigure.records), 1);
  assert.match(thread.problem()!, /the spool is full: .*spool.maxBytes/);
  thread.sample();
  thread.sample();
  rmSync(other);
  await until(() => thread.state.room() === 'ok');
  assert.ok(thread.state.takesCalls());
  thread.sample();
  const kinds = said.map((text) => text.split(':')[0]);
  assert.deepEqual(kinds, [
    'warn the spool nears its bound',
    'error the spool is full',
    'info the spool has room and can be written',
  ]);
  assert.match(said[1]!, /no new calls until that is over$/);
});

test('a dead recorder takes no calls, and comes back to what is in the ring', async (t) => {
  const directory = join(temporaryDirectory(t), 'spool');
  writeFileSync(directory, 'a file where the folder should be');
  const { thread, said, offer } = bench(t, directory, WIDE);
  offer();
  await until(() => !thread.running);
  assert.equal(thread.state.takesCalls(), false);
  assert.equal(thread.problem(), 'not running');
  thread.sample();
  const text = said.join('\n');
  assert.match(text, /error recorder died/);
  assert.match(text, /cannot be written \(E[A-Z]+\): .*; no new calls until that is over/);
  rmSync(directory);
  mkdirSync(directory);
  await until(() => thread.state.get(RecorderFigure.records) === 1);
  assert.ok(thread.state.takesCalls());
  thread.sample();
  assert.equal(said.at(-1), 'info the spool has room and can be written');
});
