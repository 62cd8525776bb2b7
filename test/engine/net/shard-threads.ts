// Support of the packet I/O tests: main's end and real shard threads on free ports, a client that
// collects answers. Waits end by event; a test that gets no answer fails by its time limit.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../../engine/base/clock.ts';
import type { ListenAddress } from '../../../engine/net/listen-address.ts';
import { openMainIo } from '../../../engine/net/open-io.ts';
import type { IoChoice, MainIo } from '../../../engine/net/open-io.ts';
import { netCounterNames } from '../../../engine/net/packet-io.ts';
import { shardOfCallId } from '../../../engine/net/shard-of.ts';
import type { IoSetup } from '../../../engine/net/shard-io.ts';
import { ControlBlock, createControlBlocks } from '../../../engine/shm/control-block.ts';
import { CounterTable, createCounters, defineCounters } from '../../../engine/shm/counters.ts';

export const counterLayout = defineCounters(netCounterNames);

export interface ShardTask {
  readonly setup: IoSetup;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
}

const BAR = 0x7c;

/** The Call-ID of the test's datagrams is what stands before the first bar. */
export function testShardOf(buf: Buffer, start: number, end: number, shards: number): number {
  const bar = buf.indexOf(BAR, start);
  return bar < 0 || bar >= end ? -1 : shardOfCallId(buf, start, bar, shards);
}

/** A switch's network with its shard threads. */
export class ShardThreads {
  readonly main: MainIo;
  readonly counters: CounterTable<(typeof netCounterNames)[number], never>;
  readonly #counterMemory: SharedArrayBuffer;
  readonly #control: SharedArrayBuffer;
  readonly #workers: (Promise<unknown[]> | undefined)[] = [];

  private constructor(main: MainIo, shards: number) {
    this.main = main;
    this.#control = createControlBlocks(shards);
    this.#counterMemory = createCounters(counterLayout, shards);
    this.counters = new CounterTable(this.#counterMemory, counterLayout);
  }

  static async open(
    choice: IoChoice,
    addresses: ListenAddress[],
    shards = 1,
  ): Promise<ShardThreads> {
    const options = { choice, addresses, shards, clock: systemClock, shardOf: testShardOf };
    const threads = new ShardThreads(await openMainIo(options), shards);
    for (let shard = 0; shard < shards; shard++) threads.start(shard);
    return threads;
  }

  start(shard: number): void {
    new Int32Array(this.#control).fill(0, shard * 32, shard * 32 + 1);
    const setup = this.main.setupOf(shard);
    const workerData: ShardTask = { setup, control: this.#control, counters: this.#counterMemory };
    const worker = new Worker(new URL('./echo-shard.thread.js', import.meta.url), { workerData });
    this.#workers[shard] = once(worker, 'exit');
  }

  /** Ends the shard's thread by flag and wake; the exit code. */
  async stop(shard: number): Promise<unknown> {
    new ControlBlock(this.#control, shard).requestStop();
    this.main.wake(shard);
    const code = (await this.#workers[shard])?.[0];
    this.#workers[shard] = undefined;
    return code;
  }

  async close(): Promise<void> {
    for (let shard = 0; shard < this.#workers.length; shard++) {
      if (this.#workers[shard] !== undefined) await this.stop(shard);
    }
    await this.main.close();
  }
}

/** A peer: sends datagrams to the switch and collects what comes back. */
export class Client {
  readonly socket: Socket;
  readonly answers: { bytes: Buffer; port: number }[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (bytes, { port }) => {
      this.answers.push({ bytes, port });
      socket.emit('answer');
    });
  }

  static async open(family: 4 | 6 = 4): Promise<Client> {
    const socket = createSocket({ type: `udp${family}`, recvBufferSize: 4 << 20 });
    socket.bind(0, family === 6 ? '::1' : '127.0.0.1');
    await once(socket, 'listening');
    return new Client(socket);
  }

  async send(bytes: Buffer | string, port: number, ip?: string): Promise<void> {
    const to = ip ?? this.socket.address().address;
    await new Promise<void>((resolve, reject) => {
      this.socket.send(bytes, port, to, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  /** The first `count` answers, when they are there. */
  async received(count: number): Promise<string[]> {
    while (this.answers.length < count) await once(this.socket, 'answer');
    return this.answers.map(({ bytes }) => bytes.toString('latin1'));
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}
