// Supervises the shard threads: starts them, starts again the one that dies while the others go on,
// publishes configurations to them, and ends them without ever terminating a thread.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { systemClock } from '../base/clock.ts';
import type { LocalAddress } from '../call/call-context.ts';
import { HeartbeatWatch } from '../http/heartbeat-watch.ts';
import type { MainIo } from '../net/open-io.ts';
import { GATE_SLOTS } from '../routing/gate-slots.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { ShardNotice, ShardTask } from '../shard/shard-task.ts';
import { ControlBlock } from '../shm/control-block.ts';
import { SharedGates } from '../shm/gates.ts';
import type { EdgeLog } from './log.ts';
import type { SharedMemory } from './shared-memory.ts';

const RESTART_DELAY_MS = 200;
/** A shard turns its loop at least twice a second. */
const STALE_MS = 3000;
/** Scavenges copy what lives: with room for a second of calls most messages are garbage by then. */
const YOUNG_GENERATION_MB = 64;
const OLD_GENERATION_MB = 4096;

export interface ShardsOptions {
  readonly count: number;
  readonly node: string;
  readonly io: MainIo;
  /** How often a busy shard reads its native sockets; 0: at once. */
  readonly gatherMs: number;
  readonly locals: readonly LocalAddress[];
  readonly memory: SharedMemory;
  readonly log: EdgeLog;
}

interface Shard {
  readonly control: ControlBlock;
  readonly watch: HeartbeatWatch;
  port: MessagePort | null;
  listening: boolean;
  restarts: number;
  mountedVersion: number;
  ended: Promise<void>;
}

export class Shards {
  readonly #options: ShardsOptions;
  readonly #pool: Piscina;
  readonly #shards: Shard[];
  #snapshot: Snapshot;
  #stopping = false;

  constructor(options: ShardsOptions, snapshot: Snapshot) {
    this.#options = options;
    this.#snapshot = snapshot;
    this.#pool = new Piscina({
      filename: new URL('../../workers/shard.js', import.meta.url).href,
      minThreads: options.count,
      maxThreads: options.count,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
        maxOldGenerationSizeMb: OLD_GENERATION_MB,
      },
    });
    this.#shards = Array.from({ length: options.count }, (_, shard) => {
      const control = new ControlBlock(options.memory.control, shard);
      return {
        control,
        watch: new HeartbeatWatch(() => control.heartbeat(), systemClock, STALE_MS),
        port: null,
        listening: false,
        restarts: 0,
        mountedVersion: snapshot.version,
        ended: Promise.resolve(),
      };
    });
  }

  /** Starts all shards; resolves when each reads its sockets. */
  async start(): Promise<void> {
    await Promise.all(this.#shards.map((shard, index) => this.#run(shard, index)));
  }

  /** Puts a configuration in force in every shard. */
  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#shards.forEach(({ port }, index) => {
      port?.postMessage(snapshot);
      this.#options.io.wake(index);
    });
  }

  /** The lowest version of the configuration that a shard still works with. */
  get mountedVersion(): number {
    return Math.min(...this.#shards.map(({ mountedVersion }) => mountedVersion));
  }

  /** To be called about once a second. */
  sample(): void {
    for (const { watch } of this.#shards) watch.sample();
  }

  states(): { up: boolean; restarts: number; problem: string | undefined }[] {
    return this.#shards.map(({ listening, restarts, watch }) => {
      const problem = listening ? watch.problem() : 'not listening';
      return { up: problem === undefined, restarts, problem };
    });
  }

  /** No new calls from now on. */
  drain(): void {
    this.#shards.forEach(({ control }, index) => {
      control.requestDrain();
      this.#options.io.wake(index);
    });
  }

  /** Ends all loops; running calls are ended and recorded. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#shards.forEach(({ control }, index) => {
      control.requestStop();
      this.#options.io.wake(index);
    });
    await Promise.all(this.#shards.map(({ ended }) => ended));
    await this.#pool.close();
  }

  /** Runs a shard's task and, when its thread dies, once more. Resolves when it listens. */
  #run(shard: Shard, index: number): Promise<void> {
    const { io, gatherMs, locals, memory, node } = this.#options;
    const { port1, port2 } = new MessageChannel();
    shard.port = port1;
    const task: ShardTask = {
      shard: index,
      node,
      io: io.setupOf(index),
      gatherMs,
      locals,
      snapshot: this.#snapshot,
      updates: port2,
      gates: memory.gates,
      counters: memory.counters,
      control: memory.control,
      recorderState: memory.recorderState,
      records: memory.records[index]!,
    };
    // A successor begins with it: nobody is left with an older one.
    shard.mountedVersion = task.snapshot.version;
    const listening = this.#listen(shard, index, port1);
    const run = this.#pool.run(task, { name: 'runShard', transferList: [port2] }) as Promise<void>;
    shard.ended = run.then(
      () => {
        this.#ended(shard, port1);
      },
      (error: unknown) => this.#died(shard, index, port1, error),
    );
    return Promise.race([listening, shard.ended]);
  }

  #listen(shard: Shard, index: number, port: MessagePort): Promise<void> {
    return new Promise((resolve) => {
      port.on('message', (notice: ShardNotice) => {
        if (notice.kind === 'listening') {
          shard.listening = true;
          resolve();
        } else if (notice.kind === 'mounted') {
          shard.mountedVersion = notice.version;
        } else {
          this.#options.log.error({ shard: index, error: notice.error }, 'exception in a shard');
        }
      });
    });
  }

  #ended(shard: Shard, port: MessagePort): void {
    shard.listening = false;
    port.close();
  }

  async #died(shard: Shard, index: number, port: MessagePort, error: unknown): Promise<void> {
    this.#ended(shard, port);
    this.#options.log.error({ shard: index, error: String(error) }, 'shard died');
    // What it held is given back; its calls are lost with it.
    new SharedGates(this.#options.memory.gates, GATE_SLOTS, index).releaseAll();
    if (this.#stopping) return;
    shard.restarts++;
    await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
    await this.#run(shard, index);
    this.#options.log.warn({ shard: index, restarts: shard.restarts }, 'shard started again');
    await shard.ended;
  }
}
