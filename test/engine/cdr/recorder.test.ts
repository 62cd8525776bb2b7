// The recorder between real rings and a spool that may refuse.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { KIND_ATTEMPT, KIND_CDR } from '../../../engine/cdr/schema.ts';
import type { Clock } from '../../../engine/base/clock.ts';
import type { RecordSource } from '../../../engine/cdr/record-ring.ts';
import { Recorder } from '../../../engine/cdr/recorder.ts';
import {
  createRecorderState,
  RecorderFigure,
  RecorderState,
} from '../../../engine/cdr/recorder-state.ts';
import type { SpoolFiles } from '../../../engine/cdr/spool-files.ts';
import { systemFiles } from '../../../engine/cdr/spool-files.ts';
import { SpoolReader } from '../../../engine/cdr/spool-reader.ts';
import type { SpoolLimits } from '../../../engine/cdr/spool-room.ts';
import { SpoolRoom } from '../../../engine/cdr/spool-room.ts';
import type { SpoolWriter } from '../../../engine/cdr/spool-writer.ts';
import { createRing, RingConsumer, RingProducer } from '../../../engine/shm/ring.ts';
import { frameOf, NODE, noDamage, openWriter, stillClock, temporaryDirectory } from './records.ts';

const WIDE: SpoolLimits = { maxBytes: 2 ** 40, warnPercent: 80, minFreeBytes: 1 };

interface Bench {
  readonly producers: RingProducer[];
  readonly recorder: Recorder;
  readonly state: RecorderState;
}

function bench(directory: string, writer: SpoolWriter, rings = 1, limits = WIDE): Bench {
  const memory = Array.from({ length: rings }, () => createRing(65_536));
  const state = new RecorderState(createRecorderState());
  const sources = memory.map((ring) => new RingConsumer(ring));
  const room = new SpoolRoom(directory, limits);
  const recorder = new Recorder(sources, writer, state, stillClock, room);
  return { producers: memory.map((ring) => new RingProducer(ring)), recorder, state };
}

/** A block of one record. */
function offer(producer: RingProducer, kind: number, version: number, text: string): boolean {
  const frame = frameOf(kind, version, Buffer.from(text, 'latin1'));
  const at = producer.claim(1, frame.length);
  if (at < 0) return false;
  frame.copy(producer.bytes, at);
  producer.commit();
  producer.publish();
  return true;
}

function readAll(directory: string): string[] {
  const reader = new SpoolReader(directory, NODE, { sequence: 0, offset: 0 }, noDamage);
  const all: string[] = [];
  const handler = (kind: number, version: number, bytes: Buffer, from: number, to: number) => {
    all.push(`${kind}.${version} ${bytes.toString('latin1', from, to)}`);
    return true;
  };
  while (reader.readBatch(1000, handler) !== undefined);
  return all;
}

test('one turn brings the records of all rings to disk in one group', (t) => {
  const directory = temporaryDirectory(t);
  const { producers, recorder, state } = bench(directory, openWriter(directory), 3);
  producers.forEach((producer, i) => {
    assert.ok(offer(producer, KIND_CDR, 1, `cdr ${i}`));
    assert.ok(offer(producer, KIND_ATTEMPT, 2, `attempt ${i}`));
  });
  assert.ok(recorder.turn());
  const expected = [0, 1, 2].flatMap((i) => [`1.1 cdr ${i}`, `2.2 attempt ${i}`]);
  assert.deepEqual(readAll(directory), expected);
  assert.deepEqual(
    [
      state.get(RecorderFigure.records),
      state.get(RecorderFigure.commits),
      state.get(RecorderFigure.lagBytes),
    ],
    [6, 1, 0],
  );
  assert.equal(state.failed(), false);
  const heartbeat = state.heartbeat();
  assert.ok(recorder.turn());
  assert.equal(state.heartbeat(), heartbeat + 1);
  assert.equal(state.get(RecorderFigure.commits), 1);
});

test('a disk that refuses: records stay in the rings, the flag rises, and falls again', (t) => {
  let refusing = true;
  const files: SpoolFiles = {
    ...systemFiles,
    write: (...args) => {
      if (refusing) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 });
      return systemFiles.write(...args);
    },
  };
  const directory = temporaryDirectory(t);
  // A small group: most records have to wait in the ring.
  const { producers, recorder, state } = bench(
    directory,
    openWriter(directory, { files, groupBytes: 200_000 }),
  );
  const expected: string[] = [];
  for (let i = 0; ; i++) {
    const text = `record ${i} ${'z'.repeat(i % 500)}`;
    if (!offer(producers[0]!, KIND_CDR, 1, text)) break;
    expected.push(`1.1 ${text}`);
  }
  for (let i = 0; i < 5; i++) assert.equal(recorder.turn(), false);
  assert.equal(state.errno(), 28);
  assert.ok(state.failed());
  assert.ok(state.get(RecorderFigure.lagBytes) > 60_000);
  refusing = false;
  assert.ok(recorder.turn());
  assert.equal(state.failed(), false);
  assert.deepEqual(readAll(directory), expected);
  assert.equal(state.get(RecorderFigure.lost), 0);
});

test('asked to stop it empties the rings first', (t) => {
  const directory = temporaryDirectory(t);
  const { producers, recorder, state } = bench(directory, openWriter(directory));
  offer(producers[0]!, KIND_CDR, 1, 'last words');
  state.requestStop();
  assert.equal(recorder.run(), true);
  assert.deepEqual(readAll(directory), ['1.1 last words']);
});

test('a spool at its bound: no new calls, records of running ones are still taken', (t) => {
  const directory = temporaryDirectory(t);
  // One block is what the segment takes.
  const limits = { ...WIDE, maxBytes: 4096 };
  const writer = openWriter(directory, { segmentBytes: 4096 });
  const { producers, recorder, state } = bench(directory, writer, 1, limits);
  offer(producers[0]!, KIND_CDR, 1, 'first');
  assert.ok(recorder.turn());
  assert.deepEqual([state.room(), state.takesCalls(), state.failed()], ['full', false, false]);
  offer(producers[0]!, KIND_CDR, 1, 'of a running call');
  assert.ok(recorder.turn());
  assert.deepEqual(readAll(directory), ['1.1 first', '1.1 of a running call']);
  assert.equal(state.get(RecorderFigure.spoolBytes), 4096);
  assert.ok(state.get(RecorderFigure.freeBytes) > 0);
});

test('the pause leaves a slow disk its time, and is long again when the disk is fast', (t) => {
  const directory = temporaryDirectory(t);
  let nowMs = 0;
  let syncMs = 1;
  const clock = { wallMs: () => 0, monoMs: () => nowMs };
  const files: SpoolFiles = { ...systemFiles, fdatasync: () => (nowMs += syncMs) };
  const room = new SpoolRoom(directory, WIDE);
  const ring = createRing(65_536);
  const producer = new RingProducer(ring);
  const state = new RecorderState(createRecorderState());
  const writer = openWriter(directory, { files });
  const recorder = new Recorder([new RingConsumer(ring)], writer, state, clock, room);
  const pauses = [1, 20, 100, ...Array<number>(60).fill(1)].map((ms) => {
    syncMs = ms;
    offer(producer, KIND_CDR, 1, 'record');
    recorder.turn();
    return recorder.pauseMs;
  });
  assert.deepEqual(pauses.slice(0, 3), [46, 20, 20]);
  assert.equal(pauses.at(-1), 46);
});

/** A shard that sleeps `sleepMs` in each turn and hands over a block after it. */
class SleepyShard {
  readonly #sleepMs: number;
  /** When it hands over its next block. */
  #nextMs: number;
  /** Whether it says so. */
  readonly promises: boolean;
  /** When the blocks came that the recorder has not read. */
  waiting: number[] = [];
  #taken: number[] = [];

  constructor(sleepMs: number, phaseMs: number, promises: boolean) {
    this.#sleepMs = sleepMs;
    this.#nextMs = phaseMs;
    this.promises = promises;
  }

  advance(nowMs: number): void {
    for (; this.#nextMs <= nowMs; this.#nextMs += this.#sleepMs) this.waiting.push(this.#nextMs);
  }

  source(clock: Clock): RecordSource {
    return {
      read: (handler) => {
        this.advance(clock.monoMs());
        const frame = frameOf(KIND_CDR, 1, Buffer.from('record'));
        for (const _ of this.waiting) handler(1, frame, 0, frame.length);
        this.#taken = this.waiting;
        this.waiting = [];
        return this.#taken.length;
      },
      quietMs: (monoMs) => {
        this.advance(monoMs);
        return this.promises ? this.#nextMs - monoMs : 0;
      },
      depthBytes: () => 0,
    };
  }

  /** How long the blocks that were read have waited. */
  waits(nowMs: number): number[] {
    return this.#taken.map((cameMs) => nowMs - cameMs);
  }
}

interface Run {
  readonly turns: number;
  readonly longestMs: number;
}

/** Half a second of a recorder whose turns take `turnMs`. */
function record(directory: string, shards: readonly SleepyShard[], turnMs: number): Run {
  let nowMs = 0;
  const clock = { wallMs: () => 0, monoMs: () => nowMs };
  const files: SpoolFiles = { ...systemFiles, fdatasync: () => (nowMs += turnMs) };
  const recorder = new Recorder(
    shards.map((shard) => shard.source(clock)),
    openWriter(directory, { files }),
    new RecorderState(createRecorderState()),
    clock,
    new SpoolRoom(directory, WIDE),
  );
  let turns = 0;
  let longestMs = 0;
  for (; nowMs < 500; turns++) {
    recorder.turn();
    // After the first turn that brings something it is known how long one takes.
    if (turns > 1) longestMs = Math.max(longestMs, ...shards.flatMap((s) => s.waits(nowMs)));
    nowMs += recorder.pauseMs;
  }
  return { turns, longestMs };
}

test('a shard that sleeps spares turns; whatever shards promise, no record waits too long', (t) => {
  const steady = (promises: boolean): Run =>
    record(temporaryDirectory(t), [new SleepyShard(20, 3, promises)], 1);
  assert.deepEqual([steady(true).turns, steady(false).turns], [9, 11]);
  const shard = fc.tuple(
    fc.double({ min: 1, max: 45, noNaN: true }),
    fc.double({ min: 0, max: 40, noNaN: true }),
    fc.boolean(),
  );
  const shards = fc.array(shard, { minLength: 1, maxLength: 4 });
  const turnMs = fc.double({ min: 0.1, max: 14, noNaN: true });
  const directory = temporaryDirectory(t);
  fc.assert(
    fc.property(shards, turnMs, (all, turn) => {
      const sleepy = all.map((words) => new SleepyShard(...words));
      const { longestMs } = record(mkdtempSync(join(directory, 'run-')), sleepy, turn);
      assert.ok(longestMs <= 50, `${longestMs} ms`);
    }),
    { numRuns: 40 },
  );
});
