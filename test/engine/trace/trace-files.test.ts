// Traces in files: what was written is found by trace, by call and by either Call-ID, also beside a
// writer, after a crash, and when the oldest files are gone.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { indexFile, traceFile } from '../../../engine/trace/trace-files.ts';
import { TraceReader } from '../../../engine/trace/trace-reader.ts';
import {
  MAX_RECORD_BYTES,
  writeRecordHead,
  type TraceRecord,
} from '../../../engine/trace/trace-record.ts';
import { TraceWriter } from '../../../engine/trace/trace-writer.ts';

const CALL = '0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
const OTHER = '0193a1b2-c3d4-7e5f-8a9b-ffffffffffff';
let timeUs = 1_700_000_000_000_000;

function record(more: Partial<TraceRecord> = {}, message = 'x'.repeat(500)): Buffer {
  const out = Buffer.alloc(MAX_RECORD_BYTES);
  const head = writeRecordHead(out, {
    timeUs: (timeUs += 1000),
    direction: 0,
    transport: 'tls',
    leg: 0,
    traces: [1],
    gateway: 'acme-1',
    call: CALL,
    callId: 'in@host',
    local: { family: 6, ip: '2001:db8::1', port: 5061 },
    remote: { family: 6, ip: '2001:db8::2', port: 40_000 },
    ...more,
  });
  return Buffer.from(out.subarray(0, head + out.write(message, head, 'latin1')));
}

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-trace-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'trace');
}

test('a record comes back as it was written', async (t) => {
  const directory = folder(t);
  const writer = new TraceWriter(directory, () => 1 << 20);
  await writer.append([record({ traces: [7, 8], leg: 2 }, 'BYE \xff')]);
  const [read] = new TraceReader(directory).ofTrace(8);
  const { message, timeUs: at, ...rest } = read!;
  assert.deepEqual(rest, {
    direction: 0,
    transport: 'tls',
    leg: 2,
    traces: [7, 8],
    gateway: 'acme-1',
    call: CALL,
    callId: 'in@host',
    local: { family: 6, ip: '2001:db8::1', port: 5061 },
    remote: { family: 6, ip: '2001:db8::2', port: 40_000 },
  });
  assert.equal(at, timeUs);
  assert.equal(message.toString('latin1'), 'BYE \xff');
  await writer.close();
});

describe('a call', () => {
  const messages = (): Buffer[] => [
    record({ call: '', leg: 255, traces: [2] }, 'traced by address before the call was known'),
    record({}, 'in'),
    record({ callId: 'out@tandem', leg: 1 }, 'out'),
    record({ call: OTHER, callId: 'else@host' }, 'another call'),
  ];
  for (const [what, name] of [
    ['our id', CALL],
    ["the caller's Call-ID", 'in@host'],
    ["the vendor's Call-ID", 'out@tandem'],
  ] as const) {
    test(`by ${what}: both legs in order, nothing else`, async (t) => {
      const directory = folder(t);
      const writer = new TraceWriter(directory, () => 1 << 20);
      await writer.append(messages());
      const found = new TraceReader(directory).ofCall(name);
      assert.deepEqual(
        found.map(({ message }) => message.toString('latin1')),
        ['traced by address before the call was known', 'in', 'out'],
      );
      await writer.close();
    });
  }

  test('by a name that nothing has: nothing', async (t) => {
    const directory = folder(t);
    const writer = new TraceWriter(directory, () => 1 << 20);
    await writer.append(messages());
    assert.deepEqual(new TraceReader(directory).ofCall('nobody'), []);
    assert.deepEqual(new TraceReader(join(directory, 'missing')).ofCall(CALL), []);
    await writer.close();
  });
});

describe('length of a file', () => {
  test('is held: a file is closed at it, a new one begun', async (t) => {
    const directory = folder(t);
    let fileBytes = 10_000;
    const writer = new TraceWriter(directory, () => fileBytes);
    await writer.append(Array.from({ length: 50 }, () => record()));
    const sizes = [1, 2, 3].map((sequence) => statSync(traceFile(directory, sequence)).size);
    for (const size of sizes.slice(0, 2)) assert.ok(size >= 10_000 && size < 10_700, `${size}`);
    assert.equal(new TraceReader(directory).ofTrace(1).length, 50);
    // Changed while it runs: the next batch keeps to it.
    fileBytes = 1 << 20;
    await writer.append(Array.from({ length: 50 }, () => record()));
    assert.equal(readdirSync(directory).filter((name) => name.endsWith('.trace')).length, 3);
    assert.ok(statSync(traceFile(directory, 3)).size > 30_000);
    await writer.close();
  });

  test('all files together: the oldest go, with their index', async (t) => {
    const directory = folder(t);
    const writer = new TraceWriter(directory, () => 5000);
    for (let i = 0; i < 40; i++) await writer.append(Array.from({ length: 10 }, () => record()));
    const names = readdirSync(directory).sort();
    const bytes = names
      .filter((name) => name.endsWith('.trace'))
      .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    assert.ok(bytes <= 16 * 5700, `${bytes} bytes`);
    assert.ok(!names.includes('00000001.trace') && !names.includes('00000001.index'));
    const kept = new TraceReader(directory).ofTrace(1);
    assert.ok(kept.length > 100 && kept.length < 400);
    assert.equal(kept.at(-1)!.timeUs, timeUs, 'the newest is there');
    await writer.close();
  });
});

test('totals of each trace', async (t) => {
  const directory = folder(t);
  const writer = new TraceWriter(directory, () => 2000);
  await writer.append([record({ traces: [1, 2] }, 'abc'), record({ traces: [2] }, 'defg')]);
  const totals = new TraceReader(directory).totals();
  assert.deepEqual(totals.get(1), { messages: 1, bytes: 3 });
  assert.deepEqual(totals.get(2), { messages: 2, bytes: 7 });
  await writer.close();
});

describe('after a crash', () => {
  test('what the index lacks is read from the records', async (t) => {
    const directory = folder(t);
    const writer = new TraceWriter(directory, () => 1 << 20);
    await writer.append([record({}, 'a'), record({}, 'b'), record({ traces: [9] }, 'c')]);
    await writer.close();
    for (const kept of [70, 40, 0, 400]) {
      truncateSync(indexFile(directory, 1), kept);
      const reader = new TraceReader(directory);
      assert.equal(reader.ofCall(CALL).length, 3, `${kept} bytes of index`);
      assert.equal(reader.ofTrace(9).length, 1);
    }
  });

  test('a torn record is left out, the next run begins a file of its own', async (t) => {
    const directory = folder(t);
    const first = new TraceWriter(directory, () => 1 << 20);
    await first.append([record({}, 'a'), record({}, 'b')]);
    await first.close();
    const path = traceFile(directory, 1);
    truncateSync(path, statSync(path).size - 1);
    const second = new TraceWriter(directory, () => 1 << 20);
    await second.append([record({}, 'c')]);
    await second.close();
    const found = new TraceReader(directory).ofTrace(1);
    assert.deepEqual(
      found.map(({ message }) => message.toString()),
      ['a', 'c'],
    );
  });

  test('garbage behind the records hides none of them', async (t) => {
    const directory = folder(t);
    const writer = new TraceWriter(directory, () => 1 << 20);
    await writer.append([record({}, 'a')]);
    await writer.close();
    appendFileSync(traceFile(directory, 1), 'garbage');
    assert.equal(new TraceReader(directory).ofTrace(1).length, 1);
  });
});

test('a folder that cannot be written: records are lost, counted, then it goes on', async (t) => {
  const directory = folder(t);
  appendFileSync(directory, 'a file in its place');
  const writer = new TraceWriter(directory, () => 1 << 20);
  await writer.append([record(), record()]);
  assert.deepEqual(writer.figures(), { records: 0, bytes: 0, lost: 2, problem: 'EEXIST' });
  rmSync(directory);
  await writer.append([record()]);
  const { problem, records } = writer.figures();
  assert.deepEqual([problem, records], ['', 1]);
  await writer.close();
});
