// Delivery that dies at any point: every record reaches the tables once, by token and position.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordEncoder } from '../../engine/cdr/record-encoder.ts';
import { KIND_CDR, SCHEMA_VERSION } from '../../engine/cdr/schema.ts';
import { listSegments, segmentName } from '../../engine/cdr/spool-segment.ts';
import type { SpoolWriter } from '../../engine/cdr/spool-writer.ts';
import type { RowBatch } from '../../ingest/clickhouse-writer.ts';
import { Delivery } from '../../ingest/delivery.ts';
import { loadPosition, positionFile, savePosition } from '../../ingest/delivery-position.ts';
import { newIngestState } from '../../ingest/ingest-state.ts';
import {
  appendRecord,
  commitText,
  NODE,
  openWriter,
  encodeCall,
  sampleCdr,
  temporaryDirectory,
} from '../engine/cdr/records.ts';
import { attemptIdsOf, cdrIdsOf, contentOf } from './row-blocks.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const encoder = new RecordEncoder();

function append(writer: SpoolWriter, kind: number): void {
  const { bytes, length } = encoder;
  assert.ok(appendRecord(writer, kind, SCHEMA_VERSION, bytes, 0, length));
}

/** CDRs and attempts of calls `[first, first + count)`, committed in groups of seven. */
function spoolCalls(writer: SpoolWriter, first: number, count: number): void {
  for (let n = first; n < first + count; n++) {
    encodeCall(encoder, n, (kind) => {
      append(writer, kind);
    });
    if (n % 7 === 0) assert.ok(writer.commit());
  }
  assert.ok(writer.commit());
}

/** ClickHouse as far as delivery sees it: a token counts once, whatever comes with it. */
class Tables {
  readonly tokens = new Map<string, RowBatch>();
  /** What the next writes do: succeed, die before or after the insert, or be cut short. */
  plan: ('ok' | 'before' | 'after')[] = [];

  write(batch: RowBatch): Promise<boolean> {
    const next = this.plan.shift() ?? 'ok';
    if (next !== 'before') {
      const known = this.tokens.get(batch.token);
      if (known !== undefined) {
        assert.deepEqual(contentOf(batch), contentOf(known), 'a token must name the same rows');
      }
      this.tokens.set(batch.token, batch);
    }
    return next === 'ok' ? Promise.resolve(true) : Promise.reject(new Killed());
  }

  ids(kind: 'cdrs' | 'attempts'): unknown[] {
    const idsIn = kind === 'cdrs' ? cdrIdsOf : attemptIdsOf;
    return [...this.tokens.values()].flatMap(idsIn).sort();
  }
}

/** Stands for the end of the process. */
class Killed extends Error {}

interface Run {
  readonly delivered: boolean;
  readonly state: ReturnType<typeof newIngestState>;
}

/** One life of the process: ends when all is delivered, or when a write kills it. */
async function live(directory: string, tables: Tables, batchRecords = 10): Promise<Run> {
  const state = newIngestState();
  const abort = new AbortController();
  const writer = {
    write: (batch: RowBatch) =>
      tables.write(batch).catch((error: unknown) => {
        abort.abort();
        throw error;
      }),
  };
  const options = { directory, node: NODE, writer, state, log: silent };
  const limits = { batchRecords, batchAgeMs: 5, keepSegments: 1 };
  const delivery = new Delivery({ ...options, ...limits });
  const delivered = await delivery.run(AbortSignal.abort(), abort.signal);
  return { delivered, state };
}

function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => sampleCdr(n).id).sort();
}

test('killed anywhere, with records coming between lives, each record counts once', async (t) => {
  const root = temporaryDirectory(t);
  const step = fc.record({
    calls: fc.integer({ min: 0, max: 40 }),
    plan: fc.array(fc.constantFrom('ok' as const, 'before' as const, 'after' as const), {
      maxLength: 4,
    }),
    batch: fc.integer({ min: 1, max: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const directory = join(root, 'spool');
      mkdirSync(directory);
      const tables = new Tables();
      const writer = openWriter(directory, { segmentBytes: 3000 });
      let calls = 0;
      for (const { calls: more, plan, batch } of steps) {
        spoolCalls(writer, calls, more);
        calls += more;
        tables.plan = [...plan];
        await live(directory, tables, batch);
      }
      tables.plan = [];
      const { delivered } = await live(directory, tables);
      assert.ok(delivered);
      assert.deepEqual(tables.ids('cdrs'), idsOf(calls));
      assert.deepEqual(tables.ids('attempts'), idsOf(calls));
      rmSync(directory, { recursive: true });
    }),
    { numRuns: 40 },
  );
});

test('a batch is announced before it is inserted', async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  spoolCalls(writer, 0, 3);
  const tables = new Tables();
  tables.plan = ['before'];
  await live(directory, tables);
  const { delivered, pending } = loadPosition(positionFile(directory, NODE));
  const { sequence, offset } = writer.position;
  assert.deepEqual(pending, { sequence, first: delivered.offset, last: offset });
});

test('delivered segments go, the last three stay for crash recovery', async (t) => {
  const directory = temporaryDirectory(t);
  // Each segment is written to for minutes.
  let minute = 0;
  const clock = { wallMs: () => 60_000 * minute++, monoMs: () => 0 };
  const writer = openWriter(directory, { segmentBytes: 15_000, clock });
  spoolCalls(writer, 0, 200);
  const last = writer.position.sequence;
  assert.ok(last > 4);
  await live(directory, new Tables());
  assert.deepEqual(listSegments(directory, NODE), [last - 2, last - 1, last]);
});

test('a malformed record is set aside with its bytes, and the rest is delivered', async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  spoolCalls(writer, 0, 1);
  commitText(writer, 'no record at all');
  spoolCalls(writer, 1, 1);
  const tables = new Tables();
  const { delivered, state } = await live(directory, tables);
  assert.ok(delivered);
  assert.equal(state.malformedRecords, 1);
  assert.deepEqual(tables.ids('cdrs'), idsOf(2));
  const lines = readFileSync(join(directory, `${NODE}.dead-letter.ndjson`), 'utf8').trim();
  const letter = JSON.parse(lines) as { payload: string; reason: string };
  assert.equal(Buffer.from(letter.payload, 'base64').toString(), 'no record at all');
});

test('a record of a newer schema holds delivery up in front of it and is not lost', async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  spoolCalls(writer, 0, 2);
  const payload = Buffer.from('of the future');
  appendRecord(writer, KIND_CDR, SCHEMA_VERSION + 1, payload, 0, payload.length);
  spoolCalls(writer, 2, 2);
  const tables = new Tables();
  const { delivered, state } = await live(directory, tables);
  assert.equal(delivered, false);
  assert.deepEqual(tables.ids('cdrs'), idsOf(2));
  assert.equal(state.healthy, false);
  assert.match(state.lastError, new RegExp(`TDM_SPOOL_FUTURE.*version ${SCHEMA_VERSION + 1}`));
});

test('follows the spool while it grows, until it is stopped', async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const tables = new Tables();
  const stop = new AbortController();
  let written = 0;
  const counting = {
    write: async (batch: RowBatch) => {
      const done = await tables.write(batch);
      // Each batch is answered with the next call; the tenth with the stop.
      if (++written < 10) spoolCalls(writer, written, 1);
      else stop.abort();
      return done;
    },
  };
  const state = newIngestState();
  const options = { directory, node: NODE, writer: counting, state, log: silent };
  const limits = { batchRecords: 100, batchAgeMs: 5, keepSegments: 1 };
  const running = new Delivery({ ...options, ...limits }).run(stop.signal, abortNever());
  spoolCalls(writer, 0, 1);
  assert.ok(await running);
  assert.deepEqual(tables.ids('cdrs'), idsOf(10));
  assert.equal(state.batches, 10);
});

function abortNever(): AbortSignal {
  return new AbortController().signal;
}

function positionIn(t: TestContext): string {
  return positionFile(temporaryDirectory(t), NODE);
}

test('a position survives, a missing one is the beginning, a spoilt one is refused', (t) => {
  const path = positionIn(t);
  const beginning = { delivered: { sequence: 0, offset: 0 }, pending: null };
  assert.deepEqual(loadPosition(path), beginning);
  const position = {
    delivered: { sequence: 4, offset: 77 },
    pending: { sequence: 4, first: 77, last: 99 },
  };
  savePosition(path, position);
  assert.deepEqual(loadPosition(path), position);
  for (const text of ['', '{', 'null', '{"delivered":{"sequence":1}}', '{"pending":null}']) {
    writeFileSync(path, text);
    assert.throws(() => loadPosition(path), { code: 'TDM_SPOOL_CORRUPT' });
  }
});

test('a full disk: told in words, nothing counts as delivered, nothing is doubled', async (t) => {
  const directory = temporaryDirectory(t);
  const tables = new Tables();
  spoolCalls(openWriter(directory), 0, 20);
  // Where the position is written, the device that is always full.
  const temporary = `${positionFile(directory, NODE)}.new`;
  symlinkSync('/dev/full', temporary);
  const state = newIngestState();
  const lines: string[] = [];
  const log = { ...silent, error: (figures: object) => lines.push(JSON.stringify(figures)) };
  const options = { directory, node: NODE, writer: tables, state, log };
  const limits = { batchRecords: 10, batchAgeMs: 5, keepSegments: 1 };
  const delivery = new Delivery({ ...options, ...limits });
  const running = delivery.run(AbortSignal.abort(), new AbortController().signal);
  while (state.lastError === 'starting') await new Promise((resolve) => setImmediate(resolve));
  assert.match(state.lastError, /TDM_SPOOL_UNWRITABLE: spool .*: the disk is full \(ENOSPC\)/);
  assert.equal(state.healthy, false);
  assert.match(lines.join('\n'), /the disk is full/);
  assert.equal(tables.tokens.size, 0, 'nothing is inserted before its range is on the disk');
  unlinkSync(temporary);
  assert.equal(await running, true);
  assert.ok(state.healthy);
  assert.deepEqual(tables.ids('cdrs'), idsOf(20));
});

test('a damaged segment: counted and told with its place, the rest is delivered', async (t) => {
  const directory = temporaryDirectory(t);
  const tables = new Tables();
  const writer = openWriter(directory);
  spoolCalls(writer, 0, 40);
  assert.ok(writer.close());
  const file = join(directory, segmentName(NODE, 1));
  const bytes = readFileSync(file);
  bytes.fill(0x55, bytes.length / 2, bytes.length / 2 + 10);
  writeFileSync(file, bytes);
  const { state, delivered } = await live(directory, tables);
  assert.ok(delivered);
  assert.ok(state.damagedBytes > 10 && state.damagedBytes < 4000, `${state.damagedBytes} bytes`);
  const seen = new Set([...tables.ids('cdrs'), ...tables.ids('attempts')]);
  assert.deepEqual([...seen].sort(), idsOf(40), 'a call has two records, of which one is hit');
});
