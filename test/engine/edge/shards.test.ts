// A shard's thread dies under calls: it is started again on the same sockets and goes on with its
// calls; those of the other shard do not notice.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { Callee, type AnswerPlan } from '../../../bench/agents/callee.ts';
import { Caller, type CallOutcome } from '../../../bench/agents/caller.ts';
import { SipPort } from '../../../bench/agents/sip-port.ts';
import { until } from '../../../bench/calls/until.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { seededRandom } from '../../../engine/base/random.ts';
import { localAddresses, socketAddresses } from '../../../engine/edge/listen.ts';
import { findOpenCalls } from '../../../engine/cdr/open-calls.ts';
import { decodeRecord, type Row } from '../../../engine/cdr/record-decoder.ts';
import { cdrColumns } from '../../../engine/cdr/schema.ts';
import { SpoolReader } from '../../../engine/cdr/spool-reader.ts';
import { RecorderThread } from '../../../engine/edge/recorder.ts';
import { COUNTER_LAYOUT, createSharedMemory } from '../../../engine/edge/shared-memory.ts';
import type { SharedMemory } from '../../../engine/edge/shared-memory.ts';
import { Shards } from '../../../engine/edge/shards.ts';
import { openMainIo } from '../../../engine/net/open-io.ts';
import { GATE_SLOTS, SYSTEM_CALLS } from '../../../engine/routing/gate-slots.ts';
import type { Snapshot } from '../../../engine/routing/snapshot.ts';
import { shardOf } from '../../../engine/shard/shard-of.ts';
import { CounterTable } from '../../../engine/shm/counters.ts';
import { SharedGates } from '../../../engine/shm/gates.ts';
import { noDamage } from '../cdr/records.ts';
import { mappingGateway, snapshotOf } from '../routing/fixtures.ts';

const TALK: AnswerPlan = {
  progress: 180,
  progressMs: 0,
  finalStatus: 200,
  finalMs: 0,
  talkMs: Infinity,
};

interface Running {
  readonly shards: Shards;
  readonly memory: SharedMemory;
  readonly gates: SharedGates;
  readonly counters: CounterTable<string, string>;
  readonly caller: Caller;
  readonly workers: Worker[];
  readonly snapshot: Snapshot;
  readonly spool: string;
}

async function start(t: TestContext, count: number): Promise<Running> {
  const listen = [
    {
      transport: 'udp' as const,
      url: 'udp://127.0.0.1:0',
      family: 4 as const,
      host: '127.0.0.1',
      port: 0,
      advertise: null,
      tls: null,
    },
  ];
  const io = await openMainIo({
    choice: 'auto',
    addresses: socketAddresses(listen),
    shards: count,
    clock: systemClock,
    shardOf,
  });
  const calleePort = await SipPort.open('127.0.0.1', 0);
  const callerPort = await SipPort.open('127.0.0.1', 0);
  const callee = new Callee(calleePort, seededRandom(2), () => TALK);
  const peer = { family: 4 as const, ip: '127.0.0.1', port: calleePort.port };
  const snapshot: Snapshot = {
    ...snapshotOf([{ gateway: { name: 'vendor', peer }, prefixes: ['44'] }]),
    mappingGateways: [mappingGateway({ slot: 40, remoteIps: ['127.0.0.1'] })],
  };
  const memory = createSharedMemory(count, 16);
  const locals = localAddresses(listen, io.ports);
  const log = pino({ enabled: false });
  const spool = mkdtempSync(join(tmpdir(), 'tandem-shards-'));
  const node = 'test';
  const { records: rings, recorderState: state } = memory;
  // Told apart from the threads of the shards, which come after it.
  const recorderMade = once(process, 'worker');
  const limits = { maxBytes: 1 << 30, warnPercent: 80, minFreeBytes: 0 };
  const recorder = new RecorderThread({ directory: spool, node, rings, state, limits }, log);
  recorder.start();
  await recorderMade;
  const workers: Worker[] = [];
  const seen = (worker: Worker): number => workers.push(worker);
  process.on('worker', seen);
  const shards = new Shards(
    {
      ...{ gatherMs: 10, udpSegmentation: true, digestAlgorithms: ['MD5'] },
      ...{ count, node, io, locals, memory, spool, moved: new Map(), log },
    },
    snapshot,
  );
  t.after(async () => {
    callee.dropAll();
    await shards.stop();
    await recorder.stop();
    rmSync(spool, { recursive: true });
    await Promise.all([io.close(), calleePort.close(), callerPort.close()]);
    process.off('worker', seen);
  });
  await shards.start();
  const server = { host: '127.0.0.1', port: io.ports[0]! };
  return {
    shards,
    memory,
    gates: new SharedGates(memory.gates, GATE_SLOTS, 0),
    counters: new CounterTable(memory.counters, COUNTER_LAYOUT),
    caller: new Caller(callerPort, server, seededRandom(3)),
    workers,
    snapshot,
    spool,
  };
}

function heldBy({ memory }: Running, shard: number, slot: number): number {
  return new SharedGates(memory.gates, GATE_SLOTS, shard).held(slot);
}

async function eventually(what: string, probe: () => boolean): Promise<void> {
  const met = await until(() => (probe() ? true : undefined), 5000, 10);
  assert.equal(met, true, what);
}

const PLAN = { caller: '100', callee: '4477', patienceMs: 5000 };

/** The CDRs in the spool, by id: how often each is there, and what it says. */
function recordsIn(spool: string): Map<string, { times: number; row: Row }> {
  const found = new Map<string, { times: number; row: Row }>();
  const reader = new SpoolReader(spool, 'test', { sequence: 0, offset: 0 }, noDamage);
  reader.readBatch(100_000, (kind, version, payload, start, end) => {
    const decoded = decodeRecord(kind, version, payload, start, end);
    if (decoded.status !== 'cdr') return true;
    const id = decoded.row[0] as string;
    found.set(id, { times: (found.get(id)?.times ?? 0) + 1, row: decoded.row });
    return true;
  });
  reader.close();
  return found;
}

const column = (name: string): number => cdrColumns.findIndex((c) => c.name === name);

test('a shard dies: its successor goes on with its calls', { timeout: 30_000 }, async (t) => {
  const running = await start(t, 2);
  const { shards, gates, caller, workers, counters, spool } = running;
  const calls = Array.from({ length: 24 }, () => caller.call({ ...PLAN, talkMs: 2500 }));
  await eventually('all calls are up', () => counters.sum('callsAnswered') === 24);
  const held = [0, 1].map((shard) => heldBy(running, shard, SYSTEM_CALLS));
  assert.equal(held[0]! + held[1]!, 24);
  assert.ok(held[0]! > 0 && held[1]! > 0, `both shards have calls: ${held.join()}`);
  // What was answered less than a turn of the recorder ago would be lost.
  await eventually('all are in the spool', () => findOpenCalls(spool, 'test').states.length === 24);

  const victim = workers[0]!;
  const exited = once(victim, 'exit');
  await victim.terminate();
  await exited;
  await eventually('a shard was restarted', () =>
    shards.states().some(({ restarts, up }) => restarts === 1 && up),
  );
  const states = shards.states();
  const dead = states.findIndex(({ restarts }) => restarts === 1);
  assert.equal(states[1 - dead]!.restarts, 0);
  assert.equal(counters.ofShard(dead, 'callsRestored'), held[dead]);
  assert.equal(counters.ofShard(1 - dead, 'callsRestored'), 0);
  assert.equal(heldBy(running, dead, SYSTEM_CALLS), held[dead]);
  for (const slot of [SYSTEM_CALLS, 16, 40]) assert.equal(gates.occupied(slot), 24);

  // New calls find both shards, the successor on the sockets of the dead one.
  const later = await Promise.all(
    Array.from({ length: 24 }, () => caller.call({ ...PLAN, talkMs: 50 })),
  );
  assert.ok(later.every(({ code, endedBy }) => code === 200 && endedBy === 'caller'));
  assert.ok(counters.ofShard(dead, 'callsStarted') > held[dead]!, 'the successor takes calls');

  const outcomes = await Promise.all(calls);
  assert.ok(outcomes.every(({ code, endedBy }) => code === 200 && endedBy === 'caller'));
  assert.equal(counters.sum('requestsUnknownDialog'), 0);
  assert.equal(counters.sum('wrongShard'), 0);
  assert.equal(counters.sum('exceptions'), 0);
  await eventually('no place is taken', () =>
    [SYSTEM_CALLS, 16, 40].every((slot) => gates.occupied(slot) === 0),
  );

  await eventually('all CDRs are in the spool', () => recordsIn(spool).size === 48);
  const rows = [...recordsIn(spool).values()];
  assert.ok(rows.every(({ times }) => times === 1));
  const recovered = rows.filter(({ row }) => row[column('end_evidence')] === 'recovered');
  assert.equal(recovered.length, held[dead]);
  for (const { row } of recovered) {
    assert.equal(row[column('end_side')], 'caller');
    const durationMs = row[column('duration_ms')] as number;
    assert.ok(durationMs >= 2490 && durationMs < 3500, `${durationMs} ms`);
  }
});

test('a shard dies while calls come and go', { timeout: 60_000 }, async (t) => {
  const running = await start(t, 2);
  const { shards, gates, caller, workers, counters, spool } = running;
  const standing = Array.from({ length: 60 }, () => caller.call({ ...PLAN, talkMs: 6000 }));
  await eventually('all calls are up', () => counters.sum('callsAnswered') === 60);
  await eventually('all are in the spool', () => findOpenCalls(spool, 'test').states.length === 60);
  // 40 calls a second with talks of 0 to 500 ms, for three seconds around the death.
  const coming: Promise<CallOutcome>[] = [];
  for (let n = 0; n < 120; n++) {
    coming.push(caller.call({ ...PLAN, talkMs: (n % 6) * 100 }));
    if (n === 50) await workers[0]!.terminate();
    await delay(25);
  }
  await eventually('a shard was restarted', () =>
    shards.states().some(({ restarts }) => restarts === 1),
  );
  const outcomes = await Promise.all(standing);
  assert.ok(outcomes.every(({ code, endedBy }) => code === 200 && endedBy === 'caller'));
  // What the dead shard was about to answer is lost; its sockets and the other shard's calls live.
  const answered = (await Promise.all(coming)).filter(({ code }) => code === 200).length;
  assert.ok(answered >= 90, `${answered} of 120 answered`);
  await eventually('no place is taken', () =>
    [SYSTEM_CALLS, 16, 40].every((slot) => gates.occupied(slot) === 0),
  );
  await eventually(
    'all CDRs are in the spool',
    () => findOpenCalls(spool, 'test').states.length === 0,
  );
  const rows = [...recordsIn(spool).values()];
  assert.ok(rows.every(({ times }) => times === 1));
  const long = rows.filter(({ row }) => (row[column('duration_ms')] as number) >= 5990);
  assert.equal(long.length, 60);
  assert.ok(long.every(({ row }) => row[column('end_side')] === 'caller'));
  assert.equal(counters.sum('exceptions'), 0);
  assert.equal(counters.sum('wrongShard'), 0);
});

test(
  'a shard that starts again begins with the configuration in force',
  { timeout: 30_000 },
  async (t) => {
    const running = await start(t, 1);
    const { shards, workers, caller, snapshot } = running;
    const closed = { ...snapshot, version: 2, mappingGateways: [] };
    shards.publish(closed);
    await eventually('the shard has mounted it', () => shards.mountedVersion === 2);
    assert.equal((await caller.call({ ...PLAN, talkMs: 10 })).code, 403);
    await workers[0]!.terminate();
    shards.publish({ ...snapshot, version: 3 });
    await eventually(
      'restarted',
      () => shards.states()[0]!.restarts === 1 && shards.states()[0]!.up,
    );
    await eventually('version 3 is in force', () => shards.mountedVersion === 3);
    assert.equal((await caller.call({ ...PLAN, talkMs: 10 })).code, 200);
  },
);
