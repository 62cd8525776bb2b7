// The pacer's thread under its supervisor: real time, a real socket, the location table in shared
// memory. Settings change while it runs, it dies and comes back, the log tells of a shortfall.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until as untilGiven } from '../../../bench/calls/until.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import type { EdgeLog } from '../../../engine/edge/log.ts';
import { PacerThread } from '../../../engine/edge/pacer.ts';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { openMainIo } from '../../../engine/net/open-io.ts';
import { createLocationTable, Kind } from '../../../engine/registry/location-layout.ts';
import { LocationWriter } from '../../../engine/registry/location-writer.ts';
import type { KeepAliveSettings } from '../../../engine/registry/pacer.ts';
import { createPacerState } from '../../../engine/registry/pacer-state.ts';
import { shardOf } from '../../../engine/shard/shard-of.ts';
import { createRing, RingConsumer } from '../../../engine/shm/ring.ts';
import { readRecord } from '../../../engine/trace/trace-record.ts';
import { trace } from '../trace/trace-flow.ts';
import { localAt } from '../call/locals.ts';

const LIMIT = { timeout: 30_000 };
const QUICK: KeepAliveSettings = {
  payload: 'A',
  periodMs: 200,
  intervalMs: 50,
  oneTime: 100,
  traces: [],
};

async function until(condition: () => boolean): Promise<void> {
  const met = await untilGiven(() => condition() || undefined, 20_000, 10);
  assert.ok(met, `not within 20 s: ${condition.toString()}`);
}

interface Bench {
  readonly thread: PacerThread;
  readonly said: string[];
  readonly came: string[];
  readonly register: (aor: string) => number;
  readonly remove: (record: number) => void;
  /** What has come of traced heartbeats since the last call. */
  readonly traced: () => string[];
}

function tracedOf(ring: SharedArrayBuffer): () => string[] {
  const consumer = new RingConsumer(ring);
  return () => {
    const heartbeats: string[] = [];
    consumer.read((_type, bytes, start, end) => {
      heartbeats.push(readRecord(bytes, start, end)!.message.toString('latin1'));
    }, 1000);
    return heartbeats;
  };
}

async function bench(t: TestContext, settings: KeepAliveSettings): Promise<Bench> {
  const said: string[] = [];
  const say =
    (level: string) =>
    (fields: unknown, text?: string): void => {
      said.push(`${level} ${text ?? String(fields)}`);
    };
  const log = { error: say('error'), warn: say('warn'), info: say('info') } as unknown as EdgeLog;
  const main = await openMainIo({
    choice: 'auto',
    addresses: [{ family: 4, ip: '127.0.0.1', port: 0 }],
    shards: 1,
    clock: systemClock,
    shardOf,
  });
  const device = createSocket('udp4');
  device.bind(0, '127.0.0.1');
  await once(device, 'listening');
  const came: string[] = [];
  device.on('message', (bytes) => came.push(bytes.toString('latin1')));
  const { head, a0 } = toSocketEndpoint({
    family: 4,
    ip: '127.0.0.1',
    port: device.address().port,
  })!;
  const locations = createLocationTable(100, 1);
  const ring = createRing(1 << 20);
  const writer = new LocationWriter(locations, 0);
  const thread = new PacerThread(
    {
      state: createPacerState(),
      locations,
      io: main.heartbeatSetup(),
      locals: [localAt({ family: 4, ip: '127.0.0.1', port: 5060 })],
      traces: ring,
      log,
    },
    settings,
  );
  thread.start();
  t.after(async () => {
    await thread.stop();
    device.close();
    await main.close();
  });
  const register = (aor: string): number => {
    const now = Date.now();
    return writer.put({
      aor,
      kind: Kind.Phone,
      contact: `sip:${aor}@10.0.0.1`,
      source: [head, a0, 0, 0, 0, 0],
      local: 0,
      behindNat: true,
      registeredAtMs: now,
      refreshedAtMs: now,
      expiresAtMs: now + 300_000,
      q: 1000,
      callId: 'c',
      cseq: 1,
      userAgent: '',
      path: '',
    });
  };
  const remove = (record: number): void => {
    writer.remove(record);
  };
  return { thread, said, came, register, remove, traced: tracedOf(ring) };
}

test(
  'a device gets its heartbeats while it is registered; the text changes live',
  LIMIT,
  async (t) => {
    const { thread, came, register, remove } = await bench(t, QUICK);
    const record = register('100');
    await until(() => came.length >= 3);
    assert.equal(new Set(came).size, 1);
    thread.publish({ ...QUICK, payload: '\r\n\r\n' });
    await until(() => came.includes('\r\n\r\n'));
    remove(record);
    const cycles = thread.state.get('cycles');
    await until(() => thread.state.get('cycles') >= cycles + 2);
    const before = came.length;
    await until(() => thread.state.get('cycles') >= cycles + 5);
    assert.equal(came.length, before);
    assert.equal(thread.problem(), undefined);
  },
);

test(
  'an address traced: its heartbeats come to main, on and off live (NAT-14)',
  LIMIT,
  async (t) => {
    const { thread, came, register, traced } = await bench(t, QUICK);
    register('100');
    await until(() => came.length >= 2);
    assert.deepEqual(traced(), []);
    thread.publish({ ...QUICK, traces: [trace('ip', '127.0.0.1')] });
    const heard: string[] = [];
    await until(() => heard.push(...traced()) >= 3);
    assert.equal(heard[0], 'A');
    thread.publish({ ...QUICK, traces: [trace('ip', '127.0.0.2')] });
    const before = came.length;
    await until(() => came.length >= before + 3);
    traced();
    await until(() => came.length >= before + 6);
    assert.deepEqual(traced(), []);
  },
);

test('a change ends a sleep of hours', LIMIT, async (t) => {
  const slow = { ...QUICK, periodMs: 86_400_000, intervalMs: 10_000, oneTime: 1 };
  const { thread, came, register } = await bench(t, slow);
  register('100');
  register('101');
  await until(() => came.length === 1);
  thread.publish({ ...QUICK, intervalMs: 10 });
  await until(() => came.length >= 6);
});

test('a shortfall is said once, and its end', LIMIT, async (t) => {
  const { thread, said, register } = await bench(t, { ...QUICK, intervalMs: 100, oneTime: 1 });
  for (let i = 0; i < 5; i++) register(String(100 + i));
  await until(() => thread.state.get('missed') === 3);
  thread.sample();
  thread.sample();
  assert.equal(said.length, 1);
  assert.match(said[0]!, /^warn NAT heartbeats do not reach every terminal .* be 1 s/);
  thread.publish({ ...QUICK, oneTime: 2, intervalMs: 100 });
  assert.equal(said.length, 2, 'said again: the change does not end it');
  thread.publish(QUICK);
  await until(() => {
    thread.sample();
    return said.length === 3;
  });
  assert.match(said[2]!, /^info .*every terminal again/);
});

test('a pacer that dies is started again and goes on', LIMIT, async (t) => {
  const { thread, said, came, register } = await bench(t, QUICK);
  register('100');
  await until(() => came.length >= 1);
  // Settings that cannot be cloned into figures: the thread throws when it reads them.
  thread.publish({ ...QUICK, payload: null as unknown as string });
  await until(() => said.some((line) => line.includes('died')));
  assert.equal(thread.problem(), 'not running');
  const before = came.length;
  thread.publish({ ...QUICK, payload: 'B' });
  await until(() => thread.problem() === undefined && came.length > before);
  assert.equal(came.at(-1), 'B');
});
