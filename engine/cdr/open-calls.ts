// What a restart reads of the spool: the calls that were answered and have no CDR. Each answered
// call's state is on record once a minute while the edge runs, and at once after a restart, so that
// the newest segments suffice, read from the last one back until they cover three minutes of
// running. Time in which nothing ran does not count: a call is found after a long outage as after a
// short one, and after another crash right behind it.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { TandemError } from '../base/errors.ts';
import { latin1Slice } from '../base/latin1.ts';
import { decodeCallState } from './call-state-decoder.ts';
import { ALIVE_MS, STATE_VERSION, type CallState } from './call-state.ts';
import { FRAME_HEADER_BYTES, FRAME_KIND_AT, FRAME_VERSION_AT } from './frame.ts';
import { groupTimeMs, isGroupMark } from './group-mark.ts';
import { KIND_ALIVE, KIND_CDR, KIND_START, KIND_WITHHELD } from './schema.ts';
import { SegmentCursor, type Step } from './segment-cursor.ts';
import {
  checkSegmentHeader,
  listSegments,
  SEGMENT_HEADER_BYTES,
  segmentCreatedAtMs,
  segmentName,
} from './spool-segment.ts';

/** Running time that is read: a state may be written late, and a segment begins anywhere. */
const WINDOW_MS = 3 * ALIVE_MS;
const FEWEST_SEGMENTS = 2;

const ID_LENGTH = 36;
/** msgpack: array of 16-bit length, then a string of ID_LENGTH. */
const ARRAY_16 = 0xdc;
const STRING_8 = 0xd9;
const ID_AT = 5;

export interface OpenCalls {
  readonly states: readonly CallState[];
  /** State records that could not be read. */
  readonly damaged: number;
}

/** A state that was read. */
interface Found {
  readonly version: number;
  readonly payload: Buffer;
}

/** A state in the segment being read: most turn out to be ended calls', and are not read again. */
interface Place {
  readonly version: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads the spool of `node`; it may grow meanwhile.
 * @throws TandemError TDM_SPOOL_FUTURE when an open call's state is of a newer version; the
 * system's read errors.
 */
export function findOpenCalls(directory: string, node: string): OpenCalls {
  const scan = new Scan(directory, node);
  scan.run();
  let { damaged } = scan;
  const states: CallState[] = [];
  for (const { version, payload } of scan.open.values()) {
    if (version > STATE_VERSION) {
      throw new TandemError(
        'TDM_SPOOL_FUTURE',
        `the spool has calls up in a layout of version ${version}, this program knows ` +
          `${STATE_VERSION}: start the newer one, or let it end its calls by SIGTERM first.`,
      );
    }
    const state = decodeCallState(payload, node, version);
    if (state === undefined) damaged++;
    else states.push(state);
  }
  return { states, damaged };
}

class Scan {
  readonly open = new Map<string, Found>();
  damaged = 0;
  readonly #directory: string;
  readonly #node: string;
  readonly #cursor = new SegmentCursor();
  readonly #ended = new Set<string>();
  readonly #header = Buffer.alloc(SEGMENT_HEADER_BYTES);

  constructor(directory: string, node: string) {
    this.#directory = directory;
    this.#node = node;
  }

  run(): void {
    let runningMs = 0;
    let segments = 0;
    for (const sequence of listSegments(this.#directory, this.#node).reverse()) {
      runningMs += this.#readSegment(sequence, segments === 0);
      segments++;
      if (runningMs >= WINDOW_MS && segments >= FEWEST_SEGMENTS) return;
    }
  }

  /** @returns how long the segment was written to, at least. */
  #readSegment(sequence: number, growing: boolean): number {
    const name = segmentName(this.#node, sequence);
    let fd: number;
    try {
      fd = openSync(join(this.#directory, name), 'r');
    } catch (error) {
      // Delivered and deleted meanwhile: it was not needed.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
    try {
      const got = readSync(fd, this.#header, 0, SEGMENT_HEADER_BYTES, 0);
      const state = got < SEGMENT_HEADER_BYTES ? 'damaged' : checkSegmentHeader(this.#header);
      if (state === 'future') {
        throw new TandemError('TDM_SPOOL_FUTURE', `segment ${name} has a newer format.`);
      }
      const lastMs = this.#readRecords(fd, growing);
      return state === 'good' ? Math.max(0, lastMs - segmentCreatedAtMs(this.#header)) : 0;
    } finally {
      closeSync(fd);
    }
  }

  /** @returns when the last group was written. */
  #readRecords(fd: number, growing: boolean): number {
    const cursor = this.#cursor;
    const size = fstatSync(fd).size;
    const states = new Map<string, Place>();
    let lastMs = 0;
    cursor.open(fd, SEGMENT_HEADER_BYTES);
    for (;;) {
      const step = growing ? stepGrowing(cursor, size) : cursor.step(size);
      if (step === 'end') break;
      if (step === 'damage') continue;
      const { bytes, start, end } = cursor;
      if (isGroupMark(bytes, start)) lastMs = Math.max(lastMs, groupTimeMs(bytes, start));
      else this.#take(bytes, start, end, states);
    }
    for (const [id, { version, offset, length }] of states) {
      if (this.#ended.has(id) || this.open.has(id)) continue;
      const payload = Buffer.allocUnsafe(length);
      readSync(fd, payload, 0, length, offset);
      this.open.set(id, { version, payload });
    }
    return lastMs;
  }

  /** One record, the frame `bytes[start, end)`. */
  #take(bytes: Buffer, start: number, end: number, states: Map<string, Place>): void {
    const kind = bytes[start + FRAME_KIND_AT]!;
    const isState = kind === KIND_START || kind === KIND_ALIVE;
    if (!isState && kind !== KIND_CDR && kind !== KIND_WITHHELD) return;
    const payload = start + FRAME_HEADER_BYTES;
    const id = idAt(bytes, payload);
    if (id === '') {
      if (isState) this.damaged++;
    } else if (isState) {
      const version = bytes[start + FRAME_VERSION_AT]!;
      const length = end - payload;
      states.set(id, { version, offset: this.#cursor.offset - length, length });
    } else {
      states.delete(id);
      this.#ended.add(id);
    }
  }
}

/** The id that a payload begins with; empty when it does not. */
function idAt(bytes: Buffer, payload: number): string {
  if (bytes[payload] !== ARRAY_16 || bytes[payload + 3] !== STRING_8) return '';
  if (bytes[payload + 4] !== ID_LENGTH) return '';
  return latin1Slice(bytes, payload + ID_AT, payload + ID_AT + ID_LENGTH);
}

/** What is not whole yet at a growing end is of other shards: our own records are durable. */
function stepGrowing(cursor: SegmentCursor, size: number): Step {
  return cursor.next(size) ? 'frame' : cursor.passDamage(size);
}
