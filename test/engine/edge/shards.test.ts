// A shard's thread dies under calls: it is started again on the same sockets, what it held in the
// gates is given back, and the calls of the other shard do not notice.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { Callee, type AnswerPlan } from '../../../bench/agents/callee.ts';
import { Caller } from '../../../bench/agents/caller.ts';
import { SipPort } from '../../../bench/agents/sip-port.ts';
import { until } from '../../../bench/calls/until.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { seededRandom } from '../../../engine/base/random.ts';
import { localAddresses, socketAddresses } from '../../../engine/edge/listen.ts';
import { COUNTER_LAYOUT, createSharedMemory } from '../../../engine/edge/shared-memory.ts';
import type { SharedMemory } from '../../../engine/edge/shared-memory.ts';
import { Shards } from '../../../engine/edge/shards.ts';
import { openMainIo } from '../../../engine/net/open-io.ts';
import { GATE_SLOTS, SYSTEM_CALLS } from '../../../engine/routing/gate-slots.ts';
import type { Snapshot } from '../../../engine/routing/snapshot.ts';
import { shardOf } from '../../../engine/shard/shard-of.ts';
import { CounterTable } from '../../../engine/shm/counters.ts';
import { SharedGates } from '../../../engine/shm/gates.ts';
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
}

async function start(t: TestContext, count: number): Promise<Running> {
  const workers: Worker[] = [];
  const seen = (worker: Worker): number => workers.push(worker);
  process.on('worker', seen);
  const listen = [
    { url: 'udp://127.0.0.1:0', family: 4 as const, host: '127.0.0.1', port: 0, advertise: null },
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
  const memory = createSharedMemory(count);
  const locals = localAddresses(listen, io.ports);
  const log = pino({ enabled: false });
  const shards = new Shards(
    { count, node: 'test', io, gatherMs: 10, locals, memory, log },
    snapshot,
  );
  t.after(async () => {
    callee.dropAll();
    await shards.stop();
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

test(
  'a shard dies: restarted, its places given back, the other goes on',
  { timeout: 30_000 },
  async (t) => {
    const running = await start(t, 2);
    const { shards, gates, caller, workers, counters } = running;
    const calls = Array.from({ length: 24 }, () => caller.call({ ...PLAN, talkMs: 2500 }));
    await eventually('all calls are up', () => counters.sum('callsAnswered') === 24);
    const held = [0, 1].map((shard) => heldBy(running, shard, SYSTEM_CALLS));
    assert.equal(held[0]! + held[1]!, 24);
    assert.ok(held[0]! > 0 && held[1]! > 0, `both shards have calls: ${held.join()}`);

    const victim = workers[0]!;
    const exited = once(victim, 'exit');
    await victim.terminate();
    await exited;
    await eventually('a shard was restarted', () =>
      shards.states().some(({ restarts, up }) => restarts === 1 && up),
    );
    const states = shards.states();
    const dead = states.findIndex(({ restarts }) => restarts === 1);
    const alive = 1 - dead;
    assert.equal(states[alive]!.restarts, 0);
    assert.equal(heldBy(running, dead, SYSTEM_CALLS), 0);
    assert.equal(gates.occupied(SYSTEM_CALLS), held[alive]);
    for (const slot of [16, 40]) assert.equal(gates.occupied(slot), held[alive]);

    // New calls find both shards, the successor on the sockets of the dead one.
    const later = await Promise.all(
      Array.from({ length: 24 }, () => caller.call({ ...PLAN, talkMs: 50 })),
    );
    assert.ok(later.every(({ code, endedBy }) => code === 200 && endedBy === 'caller'));
    assert.ok(counters.ofShard(dead, 'callsStarted') > held[dead]!, 'the successor takes calls');

    // The calls of the dead shard get 481 for their BYE, the others 200: both are over.
    const outcomes = await Promise.all(calls);
    assert.ok(outcomes.every(({ code }) => code === 200));
    assert.equal(counters.sum('requestsUnknownDialog'), held[dead]);
    assert.equal(counters.sum('wrongShard'), 0);
    assert.equal(counters.sum('exceptions'), 0);
    await eventually('no place is taken', () =>
      [SYSTEM_CALLS, 16, 40].every((slot) => gates.occupied(slot) === 0),
    );
  },
);

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
