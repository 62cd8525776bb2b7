// Thread of the packet I/O tests: one shard that obeys datagrams like `CALL-ID|COMMAND|REST`.
//   echo     answers `SHARD LOCAL ` and the datagram
//   raw      answers the datagram alone
//   grow     answers one byte too many for UDP, then `SHARD LOCAL refused` when that is dropped
//   to:IP PORT   sends REST there, and an ICMP error about it back to whoever asked
//   asleep   answers `SHARD LOCAL ` and how many sleeps were told of, how many of them were shorter
//   mixed    sends to addresses that cannot work, among them the answer `SHARD LOCAL mixed`
import { workerData } from 'node:worker_threads';
import { STRICT_ORDER } from '../../../engine/base/send-order.ts';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { openShardIo } from '../../../engine/net/shard-io.ts';
import type { PacketHandler, PacketIo } from '../../../engine/net/packet-io.ts';
import { MAX_DATAGRAM_BYTES } from '../../../engine/net/packet-io.ts';
import { ControlBlock } from '../../../engine/shm/control-block.ts';
import { CounterRow } from '../../../engine/shm/counters.ts';
import { counterLayout, testShardOf } from './shard-threads.ts';
import type { ShardTask } from './shard-threads.ts';

const LONG_MS = 20_000;
/** Sleeps are told of in fractions, and done in whole microseconds. */
const TIMER_UNIT_MS = 0.001;
let sleeps = 0;
let shorter = 0;
let asleepUntilMs = 0;
const IMPOSSIBLE: readonly Endpoint[] = [
  { family: 4, ip: 'not-an-address', port: 5060 },
  { family: 4, ip: '127.0.0.1', port: 0 },
  { family: 4, ip: '255.255.255.255', port: 5060 },
  { family: 6, ip: 'fe80::1%none', port: 5060 },
  { family: 6, ip: '::1', port: 5060 },
];

class EchoHandler implements PacketHandler {
  readonly #io: PacketIo;
  readonly #shard: number;
  #answers = 0;
  #asker: { source: Endpoint; local: number } | undefined;

  constructor(io: PacketIo, shard: number) {
    this.#io = io;
    this.#shard = shard;
  }

  packet(buf: Buffer, start: number, end: number, source: Endpoint, local: number): void {
    const text = buf.toString('latin1', start, Math.min(end, start + 200));
    const command = text.split('|')[1] ?? 'echo';
    const answer = (rest: string, body: Buffer | null): boolean =>
      this.#io.send(local, source, rest, body, start, end, this.#answers++);
    const tag = `${this.#shard} ${local} `;
    if (command === 'echo') answer(tag, buf);
    else if (command === 'raw') answer('', buf);
    else if (command === 'asleep') answer(`${tag}${sleeps} ${shorter}`, null);
    else if (command === 'grow') {
      if (!answer('x'.repeat(MAX_DATAGRAM_BYTES + 1 - (end - start)), buf)) {
        answer(`${tag}refused`, null);
      }
    } else if (command === 'mixed') {
      for (const to of IMPOSSIBLE) this.#io.send(local, to, 'lost', null, 0, 0, STRICT_ORDER);
      answer(`${tag}mixed`, null);
      for (const to of IMPOSSIBLE) this.#io.send(local, to, 'lost', null, 0, 0, STRICT_ORDER);
    } else if (command.startsWith('to:')) {
      const [ip, port] = command.slice(3).split(' ') as [string, string];
      const family = ip.includes(':') ? 6 : 4;
      this.#asker = { source, local };
      this.#io.send(
        local,
        { family, ip, port: Number(port) },
        text.split('|').slice(2).join('|'),
        null,
        0,
        0,
        STRICT_ORDER,
      );
    }
  }

  unreachable(buf: Buffer, start: number, end: number, destination: Endpoint): void {
    if (this.#asker === undefined) return;
    const { source, local } = this.#asker;
    const head = `unreachable ${destination.ip} ${destination.port} `;
    this.#io.send(local, source, head, buf, start, end, STRICT_ORDER);
  }
}

const task = workerData as ShardTask;
const control = new ControlBlock(task.control, task.setup.shard);
const io = openShardIo(task.setup, {
  clock: systemClock,
  shardOf: testShardOf,
  counters: new CounterRow(task.counters, counterLayout, task.setup.shard),
  counterIndex: counterLayout.index,
  asleepUntil: (monoMs) => {
    sleeps++;
    asleepUntilMs = monoMs;
  },
});
const handler = new EchoHandler(io, task.setup.shard);
while (!control.stopRequested()) {
  io.wait(LONG_MS);
  if (systemClock.monoMs() < asleepUntilMs - TIMER_UNIT_MS) shorter++;
  io.receive(handler, 256);
  io.flush();
  control.beat();
}
io.close();
