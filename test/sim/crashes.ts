// Crashes of the simulated edge at random moments: one shard alone, whose sockets live on, or the
// whole process, with which they close; with or without the last records; for a moment or longer.
import { shardOfCallId } from '../../engine/net/shard-of.ts';
import type { CallLedger } from './call-ledger.ts';
import type { Chance } from './chance.ts';
import type { Edge } from './edge.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { WireRules } from './wire-rules.ts';

export interface CrashWorld {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly edge: Edge;
  readonly ledger: CallLedger;
  readonly rules: WireRules;
  readonly trace: Trace;
}

/** Plans up to four crashes, each after the restart of the one before. */
export function addCrashes(world: CrashWorld): void {
  const { chance, edge } = world;
  const count = chance.between(1, 4);
  let atMs = 0;
  for (let i = 0; i < count; i++) {
    atMs += chance.between(500, 20_000);
    const all = edge.cores.map((_, shard) => shard);
    const whole = chance.happens(0.5);
    const shards = whole ? all : [chance.pick(all)];
    const downMs = whole ? chance.pick([300, 3000, 45_000]) : chance.between(200, 2000);
    const lostMs = chance.pick([0, 0, 20, 50]);
    planCrash(world, atMs, shards, downMs, lostMs, whole);
    atMs += downMs;
  }
}

function planCrash(
  world: CrashWorld,
  atMs: number,
  shards: readonly number[],
  downMs: number,
  lostMs: number,
  whole: boolean,
): void {
  const { time, edge, ledger, rules, trace } = world;
  const isHit = (callId: string): boolean => {
    const bytes = Buffer.from(callId, 'latin1');
    return shards.includes(shardOfCallId(bytes, 0, bytes.length, edge.cores.length));
  };
  time.after(atMs, () => {
    trace.note(`CRASH of ${shards.join()}${whole ? ', all' : ''}, ${lostMs} ms lost`);
    for (const shard of shards) edge.crash(shard, lostMs);
    if (whole) edge.close();
    ledger.crash(isHit, lostMs);
    rules.crash(isHit);
  });
  time.after(atMs + downMs, () => {
    trace.note(`restart of ${shards.join()}`);
    if (whole) edge.open();
    for (const shard of shards) edge.restart(shard);
  });
}
