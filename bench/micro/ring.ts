// The ring alone: claim, write, commit, publish and read of packets, in one thread and across two.
// node --expose-gc dist/bench/micro/ring.js [--json]
import { parseArgs } from 'node:util';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { once } from 'node:events';
import { bench, do_not_optimize, run } from 'mitata';
import { createRing, RingConsumer, RingProducer } from '../../engine/shm/ring.ts';

const CAPACITY_BYTES = 1 << 20;
const PACKET_BYTES = 500;
const BATCH = 64;
const CROSSING = 500_000;

const idle = new Int32Array(new SharedArrayBuffer(4));
const packet = Buffer.alloc(PACKET_BYTES, 'x');

/** Puts one packet; false when the ring is full. */
function put(producer: RingProducer): boolean {
  const at = producer.claim(1, PACKET_BYTES);
  if (at < 0) return false;
  packet.copy(producer.bytes, at);
  producer.commit();
  return true;
}

/** Gives the core away for a moment: the other thread may need it. */
function pause(): void {
  Atomics.wait(idle, 0, 0, 0.05);
}

/** CPU of both threads for a packet from one to the other, in nanoseconds. */
async function measureCrossing(): Promise<number> {
  const ring = createRing(CAPACITY_BYTES);
  const worker = new Worker(new URL(import.meta.url), { workerData: ring });
  await once(worker, 'message');
  const producer = new RingProducer(ring);
  const before = process.cpuUsage();
  let sent = 0;
  while (sent < CROSSING) {
    const taken = put(producer);
    if (taken && ++sent % BATCH !== 0) continue;
    producer.publish();
    if (!taken) pause();
  }
  producer.publish();
  await once(worker, 'message');
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / CROSSING;
}

function consumeCrossing(): void {
  const consumer = new RingConsumer(workerData as SharedArrayBuffer);
  let sum = 0;
  parentPort!.postMessage('ready');
  let count = 0;
  while (count < CROSSING) {
    const read = consumer.read((_type, bytes, start) => {
      sum += bytes[start]!;
    }, 256);
    count += read;
    if (read === 0) pause();
  }
  parentPort!.postMessage(sum);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
  const ring = createRing(CAPACITY_BYTES);
  const producer = new RingProducer(ring);
  const consumer = new RingConsumer(ring);
  let sum = 0;
  const handler = (_type: number, bytes: Buffer, start: number): void => {
    sum += bytes[start]!;
  };
  bench(`${BATCH} packets of ${PACKET_BYTES} bytes through a ring`, () => {
    for (let i = 0; i < BATCH; i++) put(producer);
    producer.publish();
    consumer.read(handler, BATCH);
    do_not_optimize(sum);
  });
  const result = await run(values.json === true ? { format: 'quiet' } : {});
  const perBatchNs = result.benchmarks[0]?.runs[0]?.stats?.avg ?? Number.NaN;
  const figures = {
    oneThreadNsPerPacket: perBatchNs / BATCH,
    twoThreadsCpuNsPerPacket: await measureCrossing(),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

if (isMainThread) await main();
else consumeCrossing();
