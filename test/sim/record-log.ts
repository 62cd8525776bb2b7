// The spool of the simulated edge: what its cores put on record, in order, encoded as in the ring.
// A crash may take the newest records, which were not durable yet; a restart finds the open calls.
import assert from 'node:assert/strict';
import { decodeCallState } from '../../engine/cdr/call-state-decoder.ts';
import { CallStateEncoder } from '../../engine/cdr/call-state-encoder.ts';
import { STATE_VERSION, type CallState } from '../../engine/cdr/call-state.ts';

interface Entry {
  readonly shard: number;
  readonly atMs: number;
  readonly id: string;
  /** Null: the CDR. */
  readonly state: Buffer | null;
}

export class RecordLog {
  readonly #encoder = new CallStateEncoder();
  #entries: Entry[] = [];

  cdr(shard: number, atMs: number, id: string): void {
    this.#entries.push({ shard, atMs, id, state: null });
  }

  state(shard: number, atMs: number, state: CallState): void {
    assert.ok(this.#encoder.encode(state), 'the state fits');
    const bytes = Buffer.from(this.#encoder.bytes.subarray(0, this.#encoder.length));
    this.#entries.push({ shard, atMs, id: state.record.id, state: bytes });
  }

  /** Takes away what a shard wrote from `sinceMs` on. */
  lose(shard: number, sinceMs: number): void {
    this.#entries = this.#entries.filter((e) => e.shard !== shard || e.atMs < sinceMs);
  }

  /** The calls of a shard that have a state and no CDR, in the state written last. */
  open(shard: number): CallState[] {
    const open = new Map<string, Buffer>();
    for (const { shard: writer, id, state } of this.#entries) {
      if (writer !== shard) continue;
      if (state === null) open.delete(id);
      else open.set(id, state);
    }
    return [...open.values()].map((bytes) => {
      const state = decodeCallState(bytes, 'simulated', STATE_VERSION);
      assert.ok(state !== undefined, 'a state can be read');
      return state;
    });
  }
}
