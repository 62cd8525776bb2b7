// The loop of a shard over scripted packet I/O: what each turn does, and how it ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TICK_MS } from '../../../engine/base/timer-wheel.ts';
import type { PacketHandler, PacketIo } from '../../../engine/net/packet-io.ts';
import { ShardLoop } from '../../../engine/shard/shard-loop.ts';
import { ControlBlock, createControlBlocks } from '../../../engine/shm/control-block.ts';
import { CoreOnAWire, CUSTOMER, inviteOf } from './core-on-a-wire.ts';

/** What one turn finds; `do` runs when the loop waits. */
interface Turn {
  readonly packets?: readonly Buffer[];
  readonly queueAgeMs?: number;
  readonly do?: () => void;
}

class ScriptedIo implements PacketIo {
  readonly waits: number[] = [];
  flushed = 0;
  readonly #wire: CoreOnAWire;
  readonly #turns: Turn[];
  #turn: Turn = {};

  constructor(wire: CoreOnAWire, turns: readonly Turn[]) {
    this.#wire = wire;
    this.#turns = [...turns];
  }

  wait(timeoutMs: number): void {
    this.waits.push(timeoutMs);
    this.#turn = this.#turns.shift() ?? {};
    this.#wire.nowMs += Math.min(timeoutMs, 100);
    this.#turn.do?.();
  }

  receive(handler: PacketHandler): number {
    const { packets = [] } = this.#turn;
    for (const packet of packets) handler.packet(packet, 0, packet.length, CUSTOMER, 0);
    return packets.length;
  }

  send(): boolean {
    return true;
  }

  flush(): void {
    this.flushed++;
  }

  queueAgeMs(): number {
    return this.#turn.queueAgeMs ?? 0;
  }

  close(): void {
    // Nothing is open.
  }
}

interface Bench {
  readonly wire: CoreOnAWire;
  readonly control: ControlBlock;
  readonly caught: unknown[];
  updates: number;
  /** Records that wait: what `flushRecords` finds, one entry a call. */
  waiting: number[];
  /** Runs the turns and one more, in which main asks it to stop. */
  readonly run: (turns: readonly Turn[]) => ScriptedIo;
}

function bench(): Bench {
  const wire = new CoreOnAWire();
  const control = new ControlBlock(createControlBlocks(1), 0);
  const made: Bench = {
    wire,
    control,
    caught: [],
    updates: 0,
    waiting: [],
    run: (turns) => {
      const stop = (): void => {
        control.requestStop();
      };
      const io = new ScriptedIo(wire, [...turns, { do: stop }]);
      new ShardLoop({
        clock: wire.clock,
        counters: wire.counters,
        control,
        io,
        core: wire.core,
        flushRecords: () => made.waiting.shift() ?? 0,
        readUpdates: () => {
          made.updates++;
        },
        caught: (error) => {
          made.caught.push(error);
        },
      }).run();
      return io;
    },
  };
  return made;
}

test('an idle shard waits long, one with timers a tick', () => {
  const { run, wire } = bench();
  const { waits } = run([{}, { packets: [inviteOf('a')] }, {}]);
  assert.deepEqual(waits, [500, 500, 4 * TICK_MS, 4 * TICK_MS]);
  assert.equal(wire.count('loops'), 4);
});

test('each turn beats, and gauges are written a few times a second', () => {
  const { run, control, wire } = bench();
  run([{ packets: [inviteOf('a'), inviteOf('b')] }, {}, {}, ...Array<Turn>(50).fill({})]);
  assert.equal(control.heartbeat(), 54);
  assert.equal(wire.count('callsActive'), 2);
  assert.ok(wire.count('timers') > 0);
});

test('an exception costs its datagram, not the shard', () => {
  const { run, caught, wire } = bench();
  const poison = inviteOf('poison');
  const packet = wire.core.packet.bind(wire.core);
  wire.core.packet = (buf, start, end, source, local) => {
    if (buf === poison) throw new Error('poisoned');
    packet(buf, start, end, source, local);
  };
  run([{ packets: [poison, inviteOf('good')] }]);
  assert.deepEqual(
    caught.map((error) => (error as Error).message),
    ['poisoned'],
  );
  assert.ok(wire.take().includes('SIP/2.0 100 Trying'));
});

test('an exception in a timer does not end the loop', () => {
  const { run, caught, wire } = bench();
  const advance = wire.core.advance.bind(wire.core);
  let turns = 0;
  wire.core.advance = () => {
    if (++turns === 2) throw new Error('timer failed');
    advance();
  };
  run([{}, {}, { packets: [inviteOf('good')] }]);
  assert.equal(caught.length, 1);
  assert.ok(wire.take().includes('SIP/2.0 100 Trying'));
});

test('a drain refuses new calls', () => {
  const { run, control, wire } = bench();
  const turns: Turn[] = [
    {
      do: () => {
        control.requestDrain();
      },
    },
    ...Array<Turn>(4).fill({}),
    { packets: [inviteOf('late')] },
  ];
  run(turns);
  assert.deepEqual(wire.take(), ['SIP/2.0 503 Service Unavailable']);
  assert.equal(wire.count('callsRefusedDraining'), 1);
});

test('half a second of work without reaching the end of the queue refuses new calls', () => {
  const { run, wire } = bench();
  const turns: Turn[] = Array.from({ length: 35 }, (_, i) => ({ queueAgeMs: (i + 1) * 15 }));
  turns.push({ queueAgeMs: 540, packets: [inviteOf('late')] });
  turns.push({ queueAgeMs: 0, packets: [inviteOf('fine')] });
  run(turns);
  const [first, second] = wire.take();
  assert.equal(first, 'SIP/2.0 503 Service Unavailable');
  assert.equal(second, 'SIP/2.0 100 Trying');
  assert.equal(wire.count('callsRefusedOverload'), 1);
});

test('one long pause of the thread refuses nobody', () => {
  const { run, wire } = bench();
  run([{}, { queueAgeMs: 3000, packets: [inviteOf('fine')] }]);
  assert.equal(wire.take()[0], 'SIP/2.0 100 Trying');
});

test('at the end running calls are ended, recorded and sent off', () => {
  const { run, wire } = bench();
  const io = run([{ packets: [inviteOf('a'), inviteOf('b')] }]);
  assert.equal(wire.core.gauges().calls, 0);
  assert.deepEqual(wire.records, { cdr: 2, attempt: 2, state: 0 });
  assert.equal(wire.take().filter((line) => line.startsWith('SIP/2.0 503')).length, 2);
  assert.ok(io.flushed >= 3);
});

test('it ends only when the recorder has room for the last records', () => {
  const made = bench();
  made.waiting = [0, 0, 500, 300, 100, 0, 7];
  made.run([{}]);
  assert.deepEqual(made.waiting, [7]);
  assert.equal(made.wire.count('recordsDropped'), 0);
});

test('a recorder that does not read any more is not waited for without end', () => {
  const made = bench();
  made.waiting = Array<number>(100_000).fill(9);
  made.run([]);
  assert.ok(made.waiting.length > 0);
  assert.ok(made.wire.nowMs >= 10_000 && made.wire.nowMs < 12_000);
  assert.equal(made.wire.count('recordsDropped'), 9);
});
