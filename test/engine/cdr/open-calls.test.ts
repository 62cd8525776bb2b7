// What a restart finds in the spool: every call without its CDR, in its last state, over segments,
// restarts, long outages and damage.
import assert from 'node:assert/strict';
import { openSync, closeSync, writeSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Clock } from '../../../engine/base/clock.ts';
import { TandemError } from '../../../engine/base/errors.ts';
import { STATE_VERSION } from '../../../engine/cdr/call-state.ts';
import { findOpenCalls } from '../../../engine/cdr/open-calls.ts';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import {
  KIND_ALIVE,
  KIND_START,
  KIND_WITHHELD,
  SCHEMA_VERSION,
} from '../../../engine/cdr/schema.ts';
import type { SpoolWriter } from '../../../engine/cdr/spool-writer.ts';
import { appendCdr, appendState, sampleState } from './call-states.ts';
import { appendRecord, DAY_MS, NODE, openWriter, temporaryDirectory } from './records.ts';

/** A clock that a test sets. */
function handClock(): { clock: Clock; set: (afterMs: number) => void } {
  let nowMs = DAY_MS;
  return {
    clock: { wallMs: () => nowMs, monoMs: () => nowMs },
    set: (afterMs) => (nowMs = DAY_MS + afterMs),
  };
}

function foundIn(directory: string): string[] {
  return findOpenCalls(directory, NODE)
    .states.map(({ record, writtenAtMs }) => `${record.id} ${writtenAtMs - DAY_MS}`)
    .sort();
}

function ids(...states: readonly (readonly [n: number, writtenMs: number])[]): string[] {
  return states.map(([n, ms]) => `${sampleState(n).record.id} ${ms}`).sort();
}

function alive(writer: SpoolWriter, n: number, afterMs: number): void {
  appendState(writer, { ...sampleState(n), writtenAtMs: DAY_MS + afterMs }, KIND_ALIVE);
}

test('no spool, no calls', (t) => {
  const directory = temporaryDirectory(t);
  const nothing = { states: [], damaged: 0 };
  assert.deepEqual(findOpenCalls(join(directory, 'none'), NODE), nothing);
  assert.deepEqual(findOpenCalls(directory, NODE), nothing);
});

test('open is what has a state and no CDR, in its last state', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  for (const n of [1, 2, 3, 4]) appendState(writer, sampleState(n));
  appendCdr(writer, sampleState(2));
  writer.commit();
  alive(writer, 3, 60_000);
  appendCdr(writer, sampleState(4));
  writer.commit();
  // As kill -9 leaves it: not closed.
  assert.deepEqual(foundIn(directory), ids([1, 1], [3, 60_000]));
  assert.deepEqual(
    findOpenCalls(directory, NODE).states.find(
      ({ record }) => record.id === sampleState(1).record.id,
    ),
    sampleState(1),
  );
  assert.deepEqual(findOpenCalls(directory, 'another').states, []);
});

test('a withheld CDR ends a call, too', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  for (const n of [1, 2]) appendState(writer, sampleState(n));
  const encoder = new RecordEncoder();
  encoder.cdr(sampleState(2).record);
  appendRecord(writer, KIND_WITHHELD, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
  writer.commit();
  assert.deepEqual(foundIn(directory), ids([1, 1]));
});

test('a CDR in a later segment ends the call of an earlier one', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory, { segmentBytes: 4096 });
  for (let n = 1; n <= 20; n++) {
    appendState(writer, sampleState(n));
    writer.commit();
  }
  for (let n = 1; n <= 20; n++) {
    if (n === 7) alive(writer, n, 1000);
    else appendCdr(writer, sampleState(n));
    writer.commit();
  }
  assert.ok(readdirSync(directory).length > 4);
  assert.deepEqual(foundIn(directory), ids([7, 1000]));
});

/** One segment for each minute: a call that began in the first one is in each. */
function minutes(directory: string, count: number): { set: (afterMs: number) => void } {
  const { clock, set } = handClock();
  for (let minute = 0; minute < count; minute++) {
    set(minute * 60_000);
    const writer = openWriter(directory, { sequence: minute + 1, clock });
    alive(writer, 1, minute * 60_000);
    alive(writer, 100 + minute, minute * 60_000);
    writer.commit();
    set(minute * 60_000 + 59_000);
    appendCdr(writer, sampleState(100 + minute));
    writer.commit();
    writer.close();
  }
  return { set };
}

test('segments older than three minutes of running are not read', (t) => {
  const directory = temporaryDirectory(t);
  minutes(directory, 10);
  for (const sequence of [1, 2, 3, 4, 5]) {
    // Not even opened: it could not be read.
    const name = `${NODE}-${String(sequence).padStart(12, '0')}.spool`;
    const fd = openSync(join(directory, name), 'r+');
    writeSync(fd, Buffer.from([0xff, 0xff, 0xff, 0xff]), 0, 4, 8);
    closeSync(fd);
  }
  assert.deepEqual(foundIn(directory), ids([1, 540_000]));
});

test('an outage of any length hides no call, nor does another crash behind it', (t) => {
  const directory = temporaryDirectory(t);
  const { clock, set } = handClock();
  set(0);
  const first = openWriter(directory, { clock });
  alive(first, 1, 0);
  first.commit();
  first.close();
  for (let restart = 0; restart < 3; restart++) {
    set((restart + 1) * 86_400_000);
    const writer = openWriter(directory, { sequence: 2 + restart, clock });
    appendState(writer, { ...sampleState(50 + restart), writtenAtMs: clock.wallMs() });
    writer.commit();
    set((restart + 1) * 86_400_000 + 20_000);
    appendCdr(writer, sampleState(50 + restart));
    writer.commit();
    writer.close();
  }
  assert.deepEqual(foundIn(directory), ids([1, 0]));
});

test('a torn tail and damage cost only what they hit', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const ends: number[] = [];
  for (const n of [1, 2, 3, 4]) {
    appendState(writer, sampleState(n));
    writer.commit();
    ends.push(writer.position.offset);
  }
  const [name] = readdirSync(directory);
  const fd = openSync(join(directory, name!), 'r+');
  // Inside of the second record, and inside of the last.
  writeSync(fd, Buffer.from('damage'), 0, 6, ends[1]! - 100);
  writeSync(fd, Buffer.alloc(200), 0, 200, ends[3]! - 200);
  closeSync(fd);
  assert.deepEqual(foundIn(directory), ids([1, 1], [3, 3]));
});

test('a state that cannot be read is counted, the older one of the same call is not taken', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  appendState(writer, sampleState(1));
  const sample = sampleState(2);
  appendState(writer, { ...sample, caller: { ...sample.caller, contact: '\u001f' } });
  const junk = Buffer.from('junk');
  appendRecord(writer, KIND_START, STATE_VERSION, junk, 0, junk.length);
  writer.commit();
  assert.equal(findOpenCalls(directory, NODE).damaged, 2);
  assert.deepEqual(foundIn(directory), ids([1, 1]));
});

test('a call up in a newer layout stops the start; one that has ended does not', (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  appendState(writer, sampleState(1), KIND_START, STATE_VERSION + 1);
  writer.commit();
  assert.throws(
    () => findOpenCalls(directory, NODE),
    (error) => error instanceof TandemError && error.code === 'TDM_SPOOL_FUTURE',
  );
  appendCdr(writer, sampleState(1));
  writer.commit();
  assert.deepEqual(foundIn(directory), []);
});
