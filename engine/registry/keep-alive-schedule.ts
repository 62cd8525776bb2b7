// When which terminal behind NAT gets its heartbeat: cycles of SS_SIP_NAT_KEEP_ALIVE_PERIOD, in
// them batches of at most SEND_ONE_TIME, SEND_INTERVAL apart, each no larger than needed to get
// round. A cycle that cannot get round ends all the same; the next begins with those left out.
// Pure: the pacer (pacer.ts) gives it the time and the location table.
import type { KeepAlivePace } from '../base/keep-alive-sums.ts';

/** The table that is paced. A terminal keeps its place as long as it is registered. */
export interface PacedDevices {
  /** Places are numbered from 0 to here; the number never changes. */
  readonly size: number;
  /** Terminals behind NAT now. */
  readonly total: number;
  /** Terminals in the places `from` to `to`. */
  count(from: number, to: number): number;
  /** Sends one heartbeat to whom the place belongs to; false when that is nobody behind NAT. */
  ping(place: number): boolean;
}

/** What became of a cycle. */
export interface Cycle {
  readonly reached: number;
  /** Terminals that it did not come to. */
  readonly missed: number;
  readonly lengthMs: number;
}

/**
 * A batch that is late by less than this part of its interval does not put off the next: there is
 * one for each interval of the cycle, else a full cycle could never make up for a late wake-up.
 */
const LATE_PART = 0.5;
/** Batches of less than what such a wait brings are put together where SEND_ONE_TIME allows it. */
const MIN_WAIT_MS = 20;
/** How often at most a cycle counts anew who is ahead of it, because terminals came or went. */
const COUNT_MS = 500;
/** Into so many parts is a cycle cut by counts that are made in any case. */
const COUNTS = 16;

export class KeepAliveSchedule {
  /** Batches that came so late that those after them were put off. */
  late = 0;
  readonly #devices: PacedDevices;
  readonly #ended: (cycle: Cycle) => void;
  #pace: KeepAlivePace;
  #startMs: number;
  #endMs: number;
  #dueMs: number;
  /** No batch before this, whatever the settings were then. */
  #lastBatchMs = -Infinity;
  /** The next place, and how many are left of this round. */
  #place = 0;
  #left: number;
  #reached = 0;
  /** Terminals among the places left, as far as known. */
  #ahead = 0;
  /** When that was counted, and how many there were in all. */
  #countedAtMs = -Infinity;
  #countedTotal = 0;

  /** @param ended is told of each cycle that has come to its end */
  constructor(
    devices: PacedDevices,
    pace: KeepAlivePace,
    nowMs: number,
    ended: (cycle: Cycle) => void,
  ) {
    this.#devices = devices;
    this.#ended = ended;
    this.#pace = pace;
    this.#startMs = nowMs;
    this.#dueMs = nowMs;
    this.#endMs = nowMs + pace.periodMs;
    this.#left = devices.size;
  }

  /** New settings begin a new cycle, first with those that the broken one did not come to. */
  change(pace: KeepAlivePace, nowMs: number): void {
    this.#pace = pace;
    this.#begin(nowMs);
  }

  /** Sends the batch that is due, if one is. @returns when to call again */
  turn(nowMs: number): number {
    if (nowMs >= this.#endMs) {
      this.#end(nowMs);
      const { intervalMs } = this.#pace;
      this.#begin(nowMs - this.#endMs < intervalMs * LATE_PART ? this.#endMs : nowMs);
    }
    if (nowMs >= this.#dueMs) this.#batch(nowMs);
    return Math.min(this.#dueMs, this.#endMs);
  }

  #begin(fromMs: number): void {
    const { periodMs, intervalMs } = this.#pace;
    this.#startMs = Math.max(fromMs, this.#lastBatchMs + intervalMs);
    this.#endMs = this.#startMs + periodMs;
    this.#dueMs = this.#startMs;
    this.#left = this.#devices.size;
    this.#reached = 0;
    this.#countedAtMs = -Infinity;
  }

  #end(nowMs: number): void {
    const missed = this.#countAhead();
    this.#ended({ reached: this.#reached, missed, lengthMs: nowMs - this.#startMs });
  }

  #batch(nowMs: number): void {
    const { intervalMs, oneTime } = this.#pace;
    const onTime = nowMs - this.#dueMs < intervalMs * LATE_PART;
    // The grid of a cycle holds as long as batches are on time: lateness does not add up.
    const atMs = onTime ? this.#dueMs : nowMs;
    if (!onTime) this.late++;
    const batches = Math.floor((this.#endMs - atMs) / intervalMs + 1e-6);
    if (batches === 0 && this.#reached > 0) {
      // Another batch would put off the next cycle.
      this.#dueMs = this.#endMs;
      return;
    }
    this.#count(atMs);
    const skip = intervalsPerBatch(this.#ahead, batches, this.#pace);
    const even = Math.ceil(this.#ahead / Math.max(1, Math.floor(batches / skip)));
    // The last one takes along who came since the last count.
    if (this.#send(batches <= 1 ? oneTime : Math.min(oneTime, even))) this.#lastBatchMs = atMs;
    this.#dueMs = atMs + skip * intervalMs;
  }

  /** @returns whether anything was sent */
  #send(size: number): boolean {
    const { size: places } = this.#devices;
    let sent = 0;
    while (sent < size && this.#left > 0) {
      if (this.#devices.ping(this.#place)) sent++;
      this.#place = this.#place + 1 < places ? this.#place + 1 : 0;
      this.#left--;
    }
    this.#reached += sent;
    this.#ahead = this.#left === 0 ? 0 : Math.max(0, this.#ahead - sent);
    return sent > 0;
  }

  /** Counts who is ahead when that is likely to differ from what is known. */
  #count(nowMs: number): void {
    const { total } = this.#devices;
    const agoMs = nowMs - this.#countedAtMs;
    const likely = agoMs >= COUNT_MS && (total !== this.#countedTotal || this.#ahead === 0);
    if (!likely && agoMs < this.#pace.periodMs / COUNTS) return;
    this.#countedAtMs = nowMs;
    this.#countedTotal = total;
    this.#ahead = this.#countAhead();
  }

  #countAhead(): number {
    const { size: places } = this.#devices;
    const end = this.#place + this.#left;
    const first = this.#devices.count(this.#place, Math.min(end, places));
    return end > places ? first + this.#devices.count(0, end - places) : first;
  }
}

/**
 * How many intervals to let pass until the next batch: one, more when there are fewer terminals
 * than batches, and more than one for intervals so short that waking up costs more than sending.
 */
function intervalsPerBatch(ahead: number, batches: number, pace: KeepAlivePace): number {
  const { intervalMs, oneTime } = pace;
  // Nobody is ahead: to be looked at again, somebody may come.
  if (ahead === 0) return Math.ceil(COUNT_MS / intervalMs);
  const worthWhile = Math.max(Math.ceil(MIN_WAIT_MS / intervalMs), Math.floor(batches / ahead));
  return Math.max(1, Math.min(worthWhile, Math.floor((oneTime * batches) / ahead)));
}
