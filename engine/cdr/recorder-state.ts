// What the recorder tells the other threads, and their word to it, in one block of shared memory.
// Flags are Atomics; the figures are plain float64 with one writer, read for metrics only, where
// a value that is one turn old does no harm.
import type { Room } from './spool-room.ts';

const STOP = 0;
const ERRNO = 1;
const HEARTBEAT = 2;
/** A word that nobody changes, to sleep on. */
const NEVER = 3;
/** Index of {@link ROOMS}. */
const ROOM = 4;
const FIGURES_AT = 128;
const STATE_BYTES = 256;

const ROOMS: readonly Room[] = ['ok', 'low', 'full'];

/** Where each figure stands. */
export const RecorderFigure = {
  /** Records and bytes made durable since the edge began. */
  records: 0,
  bytes: 1,
  /** Bytes in rings and group buffer that are not durable yet. */
  lagBytes: 2,
  commits: 3,
  /** Commits that failed. */
  failures: 4,
  /** Longest turn of drain, write and fdatasync so far, milliseconds. */
  longestTurnMs: 5,
  /** Records that could not be kept; stays 0. */
  lost: 6,
  /** Size of all segments, and what the file system has left. */
  spoolBytes: 7,
  freeBytes: 8,
} as const;
export type RecorderFigure = (typeof RecorderFigure)[keyof typeof RecorderFigure];

const FIGURES = Object.keys(RecorderFigure).length;

export function createRecorderState(): SharedArrayBuffer {
  return new SharedArrayBuffer(STATE_BYTES);
}

export class RecorderState {
  readonly #words: Int32Array;
  readonly #figures: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, FIGURES_AT / 4);
    this.#figures = new Float64Array(memory, FIGURES_AT, FIGURES);
  }

  /** Asks the recorder to drain its rings, fsync and end. Stop the shards first. */
  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
    Atomics.notify(this.#words, STOP);
  }

  stopRequested(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  /** Blocks the recorder's thread for `timeoutMs` or until a stop is requested. */
  sleep(timeoutMs: number): void {
    Atomics.wait(this.#words, STOP, 0, timeoutMs);
  }

  /** Blocks the calling thread for `timeoutMs`, stop or no stop. */
  pause(timeoutMs: number): void {
    Atomics.wait(this.#words, NEVER, 0, timeoutMs);
  }

  /** The system's error number of the last commit (28 = ENOSPC), 0 when it succeeded. */
  errno(): number {
    return Atomics.load(this.#words, ERRNO);
  }

  /** Whether the spool cannot be written now. */
  failed(): boolean {
    return this.errno() !== 0;
  }

  setErrno(errno: number): void {
    Atomics.store(this.#words, ERRNO, errno);
  }

  /** Whether records of more calls would find a place: take no new calls else. */
  takesCalls(): boolean {
    return this.errno() === 0 && this.room() !== 'full';
  }

  room(): Room {
    return ROOMS[Atomics.load(this.#words, ROOM)]!;
  }

  setRoom(room: Room): void {
    Atomics.store(this.#words, ROOM, ROOMS.indexOf(room));
  }

  beat(): void {
    Atomics.add(this.#words, HEARTBEAT, 1);
  }

  /** Turns of the recorder, modulo 2^32: the same value over seconds means that it hangs. */
  heartbeat(): number {
    return Atomics.load(this.#words, HEARTBEAT);
  }

  get(figure: RecorderFigure): number {
    return this.#figures[figure]!;
  }

  set(figure: RecorderFigure, value: number): void {
    this.#figures[figure] = value;
  }

  /** By the recorder only. */
  add(figure: RecorderFigure, value: number): void {
    this.#figures[figure]! += value;
  }
}
