// Between the shards' CDR rings and the spool: every turn drains all rings into one group, writes
// and fsyncs it. It polls instead of being woken: at any rate a block of records costs a copy, and
// one write and one fdatasync are shared by all records of a turn. The next turn comes as late as
// the records allow; shards that sleep say until when, so that it needs no look in between.
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
/** The shortest pause between two turns, however slow the disk is. */
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
  /** What a turn may take, from those before. */
  #slowTurnMs = 0;
  #pauseMs = MIN_PAUSE_MS;

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
    // Before the rings are read: the first record that is not in them comes after it.
    const quietMs = this.#allQuietMs(started);
    const done = this.#drain();
    const ended = this.#clock.monoMs();
    const turnMs = ended - started;
    this.#slowTurnMs = Math.max(turnMs, this.#slowTurnMs * FORGET);
    const withinMs = quietMs + DURABLE_WITHIN_MS - SLACK_MS - this.#slowTurnMs;
    this.#pauseMs = Math.max(MIN_PAUSE_MS, withinMs - turnMs);
    this.#publish(ended, turnMs);
    return done;
  }

  /** Until the next turn: as long as the records that come meanwhile are durable in time. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** For how long no shard hands over anything: all sleep. */
  #allQuietMs(monoMs: number): number {
    let quietMs = Infinity;
    for (const source of this.#sources) quietMs = Math.min(quietMs, source.quietMs(monoMs));
    return quietMs;
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
    if (!this.#writer.append(records, bytes, start, end)) this.#state.add(F.lost, records);
  };

  #commit(): boolean {
    const bytes = this.#writer.pendingBytes;
    if (bytes === 0) return true;
    const { records } = this.#writer;
    if (!this.#writer.commit()) {
      this.#state.add(F.failures, 1);
      this.#state.setErrno(Math.abs(this.#writer.error?.errno ?? EIO));
      return false;
    }
    const state = this.#state;
    state.add(F.commits, 1);
    state.add(F.bytes, bytes);
    state.add(F.records, this.#writer.records - records);
    state.setErrno(0);
    return true;
  }

  #publish(monoMs: number, turnMs: number): void {
    const state = this.#state;
    const room = this.#room;
    let lagBytes = this.#writer.pendingBytes;
    for (const source of this.#sources) lagBytes += source.depthBytes();
    state.set(F.lagBytes, lagBytes);
    if (turnMs > state.get(F.longestTurnMs)) state.set(F.longestTurnMs, turnMs);
    state.setRoom(room.check(state.get(F.bytes), monoMs));
    state.set(F.spoolBytes, room.spoolBytes);
    state.set(F.freeBytes, room.freeBytes);
    state.beat();
  }
}
