// Near the bound of the spool what is delivered goes at once; what is not delivered stays.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { pino } from 'pino';
import { listSegments } from '../../engine/cdr/spool-segment.ts';
import { loadConfig } from '../../engine/config/load.ts';
import { positionFile, savePosition } from '../../ingest/delivery-position.ts';
import { newIngestState } from '../../ingest/ingest-state.ts';
import { SpaceJob } from '../../ingest/space-job.ts';
import { commitText, NODE, openWriter, temporaryDirectory } from '../engine/cdr/records.ts';

test('delivered segments make room, undelivered ones do not', async (t) => {
  const directory = temporaryDirectory(t);
  let minute = 0;
  const clock = { wallMs: () => 60_000 * minute++, monoMs: () => 0 };
  const writer = openWriter(directory, { segmentBytes: 300, clock });
  for (let i = 0; i < 40; i++) commitText(writer, `record ${i}`);
  const all = listSegments(directory, NODE);
  assert.ok(all.length > 4);
  const run = async (maxBytes: number): Promise<void> => {
    const spool = { maxBytes, warnPercent: 80, minFreeBytes: 0, keepBytes: 0 };
    const config = { ...loadConfig(), spool };
    const log = pino({ level: 'silent' });
    const job = new SpaceJob({ config, directory, state: newIngestState(), log });
    const stop = new AbortController();
    const done = job.run(stop.signal);
    await delay(0);
    stop.abort();
    assert.ok(await done);
  };
  await run(1);
  assert.deepEqual(listSegments(directory, NODE), all, 'nothing is delivered yet');
  savePosition(positionFile(directory, NODE), {
    delivered: { sequence: 3, offset: 24 },
    pending: null,
  });
  await run(2 ** 40);
  assert.deepEqual(listSegments(directory, NODE), all, 'there is room');
  await run(1);
  assert.deepEqual(listSegments(directory, NODE), all.slice(2));
});
