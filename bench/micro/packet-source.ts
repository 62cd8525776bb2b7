// Load of bench/micro/socket.ts, in a process of its own: sends datagrams of SIP size at an even
// pace and counts the echoes. Arguments: port, packets per second, seconds, bytes. Prints one line
// of JSON.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { openLibc } from '../../engine/net/libc.ts';
import { NativeIo } from '../../engine/net/native-io.ts';
import { openMainIo } from '../../engine/net/open-io.ts';
import { ioServices } from './io-services.ts';

const [port, perSecond, seconds, bytes] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
];
const STEP_US = 50;

const libc = openLibc();
const services = ioServices({ abovePerSecond: Infinity, periodMs: 0 });
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
const to = { family: 4, ip: '127.0.0.1', port } as const;
const message = 'x'.repeat(bytes);
let received = 0;
let delayMs = 0;
const sentAtMs = new Float64Array(1 << 16);
const handler = {
  packet(buf: Buffer, start: number): void {
    received++;
    delayMs += services.clock.monoMs() - sentAtMs[buf.readUInt16LE(start)]!;
  },
  unreachable(): void {
    throw new Error('the switch is not there');
  },
};
const stamp = Buffer.alloc(2);
const total = perSecond * seconds;
const startMs = services.clock.monoMs();
for (let sent = 0; sent < total;) {
  const nowMs = services.clock.monoMs();
  const due = Math.min(total, Math.floor(((nowMs - startMs) * perSecond) / 1000));
  for (; sent < due; sent++) {
    const slot = sent & 0xffff;
    sentAtMs[slot] = nowMs;
    stamp.writeUInt16LE(slot);
    io.send(0, to, stamp.toString('latin1') + message, null, 0, 0, slot);
  }
  io.flush();
  io.wait(0);
  io.receive(handler, 1024);
  libc.usleep(STEP_US);
}
for (let quietTurns = 0; quietTurns < 5;) {
  io.wait(20);
  quietTurns = io.receive(handler, 1024) === 0 ? quietTurns + 1 : 0;
}
io.close();
await main.close();
const last = createSocket('udp4');
last.send('end', port, '127.0.0.1');
await once(last, 'listening');
last.close();
process.stdout.write(`${JSON.stringify({ sent: total, received, delayMs: delayMs / received })}\n`);
