// Between the shards' CDR rings and the spool: every turn drains all rings into one group, writes
// and fsyncs it. It polls at a fixed pace instead of being woken: at any rate a block of records
// costs a copy, and one write and one fdatasync are shared by all records of a turn.
// The thread around it is workers/recorder.ts.
import type { Clock } from '../base/clock.ts';
import { FRAME_BLOCK_BYTES } from './frame-block.ts';
import type { RecordSource } from './record-ring.ts';
import { RecorderFigure as F, type RecorderState } from './recorder-state.ts';
import type { SpoolRoom } from './spool-room.ts';
import type { SpoolWriter } from './spool-writer.ts';

/** A record is durable this long after it came, as long as the disk is as fast as before. */
const DURABLE_WITHIN_MS = 50;
/** What thread and timer may be late. */
const SLACK_MS = 2;
/** Pause between two turns: the longer, the fewer fsyncs. */
const MAX_PAUSE_MS = 46;
const MIN_PAUSE_MS = 20;
/** How fast a slow turn is forgotten: it halves in 7 turns. */
const FORGET = 0.9;
/** Pause after a commit that failed. */
const RETRY_PAUSE_MS = 250;
/** Turns that a stopping recorder spends on a spool that cannot be written, then it gives up. */
const STOP_RETRIES = 20;
const EIO = 5;

export class Recorder {
  readonly #sources: readonly RecordSource[];
  readonly #writer: SpoolWriter;
  readonly #state: RecorderState;
  readonly #clock: Clock;
  readonly #room: SpoolRoom;
  #records = 0;
  #commits = 0;
  #failures = 0;
  #lost = 0;
  #bytes = 0;
  #longestTurnMs = 0;
  /** What a turn may take, from those before. */
  #slowTurnMs = 0;

  constructor(
    sources: readonly RecordSource[],
    writer: SpoolWriter,
    state: RecorderState,
    clock: Clock,
    room: SpoolRoom,
  ) {
    if (writer.room(FRAME_BLOCK_BYTES) === 0) throw new RangeError('a group takes no block');
    this.#sources = sources;
    this.#writer = writer;
    this.#state = state;
    this.#clock = clock;
    this.#room = room;
  }

  /**
   * Runs until a stop is requested, then drains and ends.
   * @returns false when the spool could not be written to the end: records stay in the rings.
   */
  run(): boolean {
    while (!this.#state.stopRequested()) {
      const done = this.turn();
      this.#state.sleep(done ? this.pauseMs : RETRY_PAUSE_MS);
    }
    for (let i = 0; i < STOP_RETRIES; i++) {
      if (this.turn()) return this.#writer.close();
      this.#state.pause(RETRY_PAUSE_MS);
    }
    this.#writer.close();
    return false;
  }

  /** One turn: drain, write, fsync, publish. False when the spool cannot be written now. */
  turn(): boolean {
    const started = this.#clock.monoMs();
    const done = this.#drain();
    const turnMs = this.#clock.monoMs() - started;
    this.#longestTurnMs = Math.max(this.#longestTurnMs, turnMs);
    this.#slowTurnMs = Math.max(turnMs, this.#slowTurnMs * FORGET);
    this.#publish();
    return done;
  }

  /** Until the next turn. */
  get pauseMs(): number {
    const pauseMs = DURABLE_WITHIN_MS - SLACK_MS - this.#slowTurnMs;
    return Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, pauseMs));
  }

  #drain(): boolean {
    for (const source of this.#sources) {
      for (;;) {
        const limit = this.#writer.room(FRAME_BLOCK_BYTES);
        if (limit === 0) {
          if (!this.#commit()) return false;
          continue;
        }
        if (source.read(this.#append, limit) < limit) break;
      }
    }
    return this.#commit();
  }

  readonly #append = (records: number, bytes: Buffer, start: number, end: number): void => {
    if (!this.#writer.append(records, bytes, start, end)) this.#lost += records;
  };

  #commit(): boolean {
    const bytes = this.#writer.pendingBytes;
    if (bytes === 0) return true;
    if (!this.#writer.commit()) {
      this.#failures++;
      this.#state.setErrno(Math.abs(this.#writer.error?.errno ?? EIO));
      return false;
    }
    this.#commits++;
    this.#bytes += bytes;
    this.#records = this.#writer.records;
    this.#state.setErrno(0);
    return true;
  }

  #publish(): void {
    const state = this.#state;
    let lagBytes = this.#writer.pendingBytes;
    for (const source of this.#sources) lagBytes += source.depthBytes();
    state.setRoom(this.#room.check(this.#bytes));
    state.set(F.spoolBytes, this.#room.spoolBytes);
    state.set(F.freeBytes, this.#room.freeBytes);
    state.set(F.records, this.#records);
    state.set(F.bytes, this.#bytes);
    state.set(F.lagBytes, lagBytes);
    state.set(F.commits, this.#commits);
    state.set(F.failures, this.#failures);
    state.set(F.longestTurnMs, this.#longestTurnMs);
    state.set(F.lost, this.#lost);
    state.beat();
  }
}
