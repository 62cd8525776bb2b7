// The endless loop of a shard: wait, read a batch, let the core work, send, fire timers, look at
// what main wants. It blocks nowhere but in `wait`; an exception costs one datagram, not the shard.
import { C, LOOP_MS, observe, type CounterRow } from '../base/counter-names.ts';
import type { Clock } from '../base/clock.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { TICK_MS } from '../base/timer-wheel.ts';
import type { SwitchCore } from '../call/switch-core.ts';
import type { PacketHandler, PacketIo } from '../net/packet-io.ts';
import type { ControlBlock } from '../shm/control-block.ts';

/** Datagrams handled between two looks at timers and control words. */
const BUDGET = 256;
/** Longest wait while timers run: they fire up to this much late, nothing beside a T1 of 500 ms. */
const TIMERS_MS = 4 * TICK_MS;
/** Longest wait of an idle shard. */
const IDLE_MS = 500;
/** A turn that takes longer was interrupted: it counts as this much of backlog. */
const MAX_TURN_MS = 20;
/** How often main's messages are read. */
const UPDATES_MS = 100;
/** How often gauges are written. */
const HOUSEKEEPING_MS = 250;
/** How long the records of the last calls may wait for the recorder at the end. */
const SETTLE_MS = 10_000;
/** How long the answers to our last REGISTERs are waited for at the end. */
const WITHDRAW_MS = 2000;

export interface LoopServices {
  readonly clock: Clock;
  readonly counters: CounterRow;
  readonly control: ControlBlock;
  readonly io: PacketIo;
  readonly core: SwitchCore;
  /** Hands the turn's records to the recorder; how many wait for room. */
  readonly flushRecords: () => number;
  /** Reads main's messages: new snapshots. */
  readonly readUpdates: () => void;
  /** Reports an exception that was caught. */
  readonly caught: (error: unknown) => void;
}

export class ShardLoop implements PacketHandler {
  readonly #services: LoopServices;
  #updatesAtMs = 0;
  #housekeepingAtMs = 0;
  #drainRequested = false;
  #queueAgeMs = 0;
  #backlogMs = 0;

  constructor(services: LoopServices) {
    this.#services = services;
  }

  /** Runs until main asks it to stop. */
  run(): void {
    const { clock, counters, control, core, io } = this.#services;
    while (!control.stopRequested()) {
      io.wait(core.armedTimers > 0 ? TIMERS_MS : IDLE_MS);
      const startedMs = clock.monoMs();
      this.#guarded(() => {
        core.advance();
      });
      core.backlogMs = this.#backlog(io.queueAgeMs());
      const packets = io.receive(this, BUDGET);
      // A message leaves after its record: what a peer was told is known after a crash.
      this.#services.flushRecords();
      io.flush();
      control.beat();
      const nowMs = clock.monoMs();
      counters.add(C.loops, 1);
      counters.add(C.loopBusyMs, nowMs - startedMs);
      if (packets > 0) observe(counters, LOOP_MS, nowMs - startedMs);
      if (nowMs - this.#updatesAtMs >= UPDATES_MS) this.#update(nowMs);
      if (nowMs - this.#housekeepingAtMs >= HOUSEKEEPING_MS) this.#keepHouse(nowMs);
    }
    this.#guarded(() => {
      core.stopCalls();
      core.gateways.withdraw();
    });
    io.flush();
    this.#settle();
  }

  packet(buf: Buffer, start: number, end: number, source: Endpoint, local: number): void {
    try {
      this.#services.core.packet(buf, start, end, source, local);
    } catch (error) {
      this.#services.caught(error);
    }
  }

  unreachable(buf: Buffer, start: number, end: number): void {
    this.#guarded(() => {
      this.#services.core.unreachable(buf, start, end);
    });
  }

  /**
   * How long the shard has worked without getting to the end of its queue. A thread that the system
   * did not run for a while finds a long queue too, but catches up: such a pause counts little.
   */
  #backlog(queueAgeMs: number): number {
    const grownMs = queueAgeMs - this.#queueAgeMs;
    this.#queueAgeMs = queueAgeMs;
    if (grownMs <= 0) this.#backlogMs = 0;
    this.#backlogMs += Math.min(grownMs <= 0 ? queueAgeMs : grownMs, MAX_TURN_MS);
    return this.#backlogMs;
  }

  /**
   * Ending thousands of calls at once fills the ring to the recorder, which goes on reading it; and
   * registrars answer the withdrawal of our registrations, perhaps with a challenge.
   */
  #settle(): void {
    const { clock, counters, core, io, flushRecords } = this.#services;
    const startMs = clock.monoMs();
    let waiting = flushRecords();
    for (;;) {
      const lastedMs = clock.monoMs() - startMs;
      const records = waiting > 0 && lastedMs < SETTLE_MS;
      if (!records && (core.gateways.withdrawing === 0 || lastedMs >= WITHDRAW_MS)) break;
      io.wait(TICK_MS);
      this.#guarded(() => {
        core.advance();
      });
      io.receive(this, BUDGET);
      io.flush();
      waiting = flushRecords();
    }
    counters.add(C.recordsDropped, waiting);
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#services.caught(error);
    }
  }

  #update(nowMs: number): void {
    const { control, core, readUpdates } = this.#services;
    this.#updatesAtMs = nowMs;
    readUpdates();
    if (control.drainRequested() && !this.#drainRequested) {
      this.#drainRequested = true;
      core.draining = true;
    }
  }

  #keepHouse(nowMs: number): void {
    const { counters, core, io } = this.#services;
    this.#housekeepingAtMs = nowMs;
    core.access.sweep();
    const gauges = core.gauges();
    counters.set(C.callsActive, gauges.calls);
    counters.set(C.callsAnsweredActive, gauges.answered);
    counters.set(C.dialogs, gauges.dialogs);
    counters.set(C.clientTransactions, gauges.clients);
    counters.set(C.serverTransactions, gauges.servers);
    counters.set(C.timers, gauges.timers);
    counters.set(C.queueAgeMs, io.queueAgeMs());
    const memory = process.memoryUsage();
    counters.set(C.heapUsedBytes, memory.heapUsed);
    counters.set(C.heapTotalBytes, memory.heapTotal);
    counters.set(C.externalBytes, memory.external);
  }
}
