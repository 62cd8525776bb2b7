// Supervises the shard threads: starts them, starts again the one that dies while the others go on,
// publishes configurations to them, and ends them without ever terminating a thread.
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { systemClock } from '../base/clock.ts';
import { TandemError } from '../base/errors.ts';
import type { LocalAddress } from '../call/local-address.ts';
import { RecorderState } from '../cdr/recorder-state.ts';
import { HeartbeatWatch } from '../http/heartbeat-watch.ts';
import type { MainIo } from '../net/open-io.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { ShardNotice, ShardTask, ShardUpdate } from '../shard/shard-task.ts';
import { ControlBlock } from '../shm/control-block.ts';
import type { EdgeLog } from './log.ts';
import type { SharedMemory } from './shared-memory.ts';

const RESTART_DELAY_MS = 200;
/** How long a dead shard's records are waited for, and how often. */
const RECORDS_KEPT_MS = 5000;
const RECORDS_POLL_MS = 10;
/** A shard turns its loop at least twice a second. */
const STALE_MS = 3000;
/**
 * Three semi-spaces of a third each. A scavenge copies what lives: with room for some seconds of
 * calls most of what a short call made is garbage by then, and little of it ever reaches the old
 * generation. 384 instead of 64 saves 5 to 9 % of the CPU of a call and costs up to 200 MiB.
 */
const YOUNG_GENERATION_MB = 384;
const OLD_GENERATION_MB = 4096;

export interface ShardsOptions {
  readonly count: number;
  readonly node: string;
  readonly io: MainIo;
  /** How often a busy shard reads its native sockets; 0: at once. */
  readonly gatherMs: number;
  /** Whether datagrams of native sockets leave in trains. */
  readonly udpSegmentation: boolean;
  readonly locals: readonly LocalAddress[];
  /** What digest challenges offer, in this order. */
  readonly digestAlgorithms: readonly string[];
  readonly memory: SharedMemory;
  /** Directory of the spool: where a shard finds the calls of its predecessor. */
  readonly spool: string;
  /** Gets the shard of each leg that its Call-ID does not lead to (restore-calls.ts). */
  readonly moved: Map<string, number>;
  readonly log: EdgeLog;
}

interface Shard {
  readonly control: ControlBlock;
  readonly watch: HeartbeatWatch;
  port: MessagePort | null;
  listening: boolean;
  /** Why it cannot start; the operator has to act. */
  refusal: TandemError | null;
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
        refusal: null,
        restarts: 0,
        mountedVersion: snapshot.version,
        ended: Promise.resolve(),
      };
    });
  }

  /**
   * Starts all shards; resolves when each has taken over its calls and reads its sockets.
   * @throws TandemError when the calls of the process before cannot be taken over
   */
  async start(): Promise<void> {
    await Promise.all(this.#shards.map((shard, index) => this.#run(shard, index)));
    for (const { refusal } of this.#shards) if (refusal !== null) throw refusal;
  }

  /** Puts a configuration in force in every shard. */
  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#shards.forEach(({ port }, index) => {
      port?.postMessage(snapshot);
      this.#options.io.wake(index);
    });
  }

  /** Ends the registrations of an address of record, in the shard that it belongs to. */
  endRegistrations(aor: string): void {
    this.#shards.forEach(({ port }, index) => {
      port?.postMessage({ endRegistrations: aor } satisfies ShardUpdate);
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
    const { count, io, gatherMs, udpSegmentation, locals, memory, node, spool } = this.#options;
    const { port1, port2 } = new MessageChannel();
    shard.port = port1;
    const task: ShardTask = {
      shard: index,
      shards: count,
      node,
      io: io.setupOf(index),
      gatherMs,
      udpSegmentation,
      locals,
      snapshot: this.#snapshot,
      updates: port2,
      gates: memory.gates,
      gatewayStates: memory.gatewayStates,
      counters: memory.counters,
      control: memory.control,
      recorderState: memory.recorderState,
      digestAlgorithms: this.#options.digestAlgorithms,
      locations: memory.locations,
      suspensions: memory.suspensions,
      spool,
      records: memory.records[index]!,
      traces: memory.traces[index]!,
    };
    // A successor begins with it: nobody is left with an older one.
    shard.mountedVersion = task.snapshot.version;
    const listening = this.#listen(shard, index, port1);
    const run = this.#pool.run(task, { name: 'runShard', transferList: [port2] }) as Promise<void>;
    shard.ended = run.then(
      () => {
        this.#ended(shard, index, port1);
      },
      (error: unknown) => this.#died(shard, index, port1, error),
    );
    return Promise.race([listening, shard.ended]);
  }

  #listen(shard: Shard, index: number, port: MessagePort): Promise<void> {
    return new Promise((resolve) => {
      port.on('message', (notice: ShardNotice) => {
        this.#noticed(shard, index, notice);
        if (notice.kind === 'listening' || notice.kind === 'refused') resolve();
      });
    });
  }

  #noticed(shard: Shard, index: number, notice: ShardNotice): void {
    const { log } = this.#options;
    switch (notice.kind) {
      case 'restored': {
        const { calls, damaged, ms, moved } = notice;
        for (const [callId, home] of moved) this.#options.moved.set(callId, home);
        if (calls > 0) log.warn({ shard: index, calls, ms }, 'calls restored');
        if (damaged > 0) log.error({ shard: index, damaged }, 'call states that cannot be read');
        return;
      }
      case 'refused':
        shard.refusal = new TandemError(notice.code, notice.message);
        log.error({ shard: index }, notice.message);
        return;
      case 'listening':
        shard.listening = true;
        return;
      case 'mounted':
        shard.mountedVersion = notice.version;
        return;
      case 'exception':
        log.error({ shard: index, error: notice.error }, 'exception in a shard');
    }
  }

  #ended(shard: Shard, index: number, port: MessagePort): void {
    // The pool's word that it has ended may overtake its last ones.
    for (;;) {
      const last = receiveMessageOnPort(port) as { message: ShardNotice } | undefined;
      if (last === undefined) break;
      this.#noticed(shard, index, last.message);
    }
    shard.listening = false;
    port.close();
  }

  async #died(shard: Shard, index: number, port: MessagePort, error: unknown): Promise<void> {
    this.#ended(shard, index, port);
    this.#options.log.error({ shard: index, error: String(error) }, 'shard died');
    if (this.#stopping) return;
    shard.restarts++;
    await pause(RESTART_DELAY_MS);
    await this.#recordsKept(index);
    await this.#run(shard, index);
    this.#options.log.warn({ shard: index, restarts: shard.restarts }, 'shard started again');
    await shard.ended;
  }

  /**
   * Waits until what a dead shard left in its ring is in the spool: the recorder has ended a turn
   * that began after the death. While the spool cannot be written, that does not come to pass; then
   * the calls matter more than a CDR that is written twice under one id.
   */
  async #recordsKept(index: number): Promise<void> {
    const recorder = new RecorderState(this.#options.memory.recorderState);
    const before = recorder.heartbeat();
    const deadline = performance.now() + RECORDS_KEPT_MS;
    while (performance.now() < deadline) {
      if (((recorder.heartbeat() - before) | 0) >= 2 && !recorder.failed()) return;
      await pause(RECORDS_POLL_MS);
    }
    this.#options.log.error({ shard: index }, 'the recorder hangs: calls are restored without it');
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
