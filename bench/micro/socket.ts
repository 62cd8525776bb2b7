// CPU per packet of native packet I/O: a shard that echoes 500-byte datagrams, load from another
// process, at several rates, each with packets taken at once and gathered for some time. One packet
// is one received and one sent. Decides the defaults of engine/net/packet-rate.ts.
// node dist/bench/micro/socket.js [--json] [--seconds N]
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Endpoint } from '../../engine/base/endpoint.ts';
import { NativeIo } from '../../engine/net/native-io.ts';
import { openMainIo } from '../../engine/net/open-io.ts';
import { ioServices } from './io-services.ts';

const RATES = [1000, 7000, 20_000];
const GATHER_MS = [0, 0.5, 1, 2];
const BYTES = 500;

interface Result {
  readonly perSecond: number;
  readonly gatherMs: number;
  readonly cpuUsPerPacket: number;
  /** Of it in the kernel. */
  readonly systemUsPerPacket: number;
  readonly turnsPerSecond: number;
  /** There and back, of it up to 0.05 ms in the load's own step. */
  readonly roundTripMs: number;
  readonly lost: number;
}

function startSource(port: number, perSecond: number, seconds: number): ChildProcess {
  const script = fileURLToPath(new URL('./packet-source.js', import.meta.url));
  const args = [script, port, perSecond, seconds, BYTES].map(String);
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

interface Echoed {
  readonly userUs: number;
  readonly systemUs: number;
  readonly packets: number;
  readonly turns: number;
}

/** Echoes until the source says that it is done; blocks the thread as a shard does. */
function echoUntilEnd(io: NativeIo): Echoed {
  const message = 'x'.repeat(BYTES - 2);
  let packets = 0;
  let ended = false;
  const handler = {
    packet(buf: Buffer, start: number, end: number, source: Endpoint, local: number): void {
      if (end - start < 10) {
        ended = true;
        return;
      }
      packets++;
      io.send(
        local,
        source,
        buf.toString('latin1', start, start + 2) + message,
        null,
        0,
        0,
        packets,
      );
    },
    unreachable: () => undefined,
  };
  while (packets === 0) {
    io.wait(100);
    io.receive(handler, 256);
    io.flush();
  }
  const before = process.cpuUsage();
  let turns = 0;
  while (!ended) {
    io.wait(100);
    io.receive(handler, 256);
    io.flush();
    turns++;
  }
  const { user, system } = process.cpuUsage(before);
  return { userUs: user, systemUs: system, packets, turns };
}

async function measure(perSecond: number, gatherMs: number, seconds: number): Promise<Result> {
  const abovePerSecond = gatherMs === 0 ? Infinity : 500;
  const services = ioServices({ abovePerSecond, periodMs: gatherMs });
  const main = await openMainIo({
    choice: 'native',
    addresses: [{ family: 4, ip: '127.0.0.1', port: 0 }],
    shards: 1,
    clock: services.clock,
    shardOf: services.shardOf,
  });
  const setup = main.setupOf(0);
  if (setup.kind !== 'native') throw new Error('native sockets are needed');
  const io = new NativeIo(setup, services);
  const source = startSource(main.ports[0]!, perSecond, seconds);
  const output = once(source.stdout!, 'data');
  const exited = once(source, 'exit');
  const { userUs, systemUs, packets, turns } = echoUntilEnd(io);
  const told = JSON.parse(String((await output)[0])) as Record<
    'sent' | 'received' | 'delayMs',
    number
  >;
  await exited;
  io.close();
  await main.close();
  return {
    perSecond,
    gatherMs,
    cpuUsPerPacket: (userUs + systemUs) / packets,
    systemUsPerPacket: systemUs / packets,
    turnsPerSecond: turns / seconds,
    roundTripMs: told.delayMs,
    lost: told.sent - told.received,
  };
}

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '2' } },
});
// The first run teaches the compiler; its figures are not ours.
await measure(20_000, 0, 1);
await measure(20_000, 0.5, 1);
const results: Result[] = [];
for (const perSecond of RATES) {
  for (const gatherMs of GATHER_MS) {
    results.push(await measure(perSecond, gatherMs, Number(values.seconds)));
  }
}
if (values.json === true) process.stdout.write(`${JSON.stringify(results)}\n`);
else console.table(results);
