// Whether registered terminals can be reached (SS_ENDPOINTTIMETOLIVE): each is asked by OPTIONS
// (RFC 3261 11) once in that time, evenly spread, by the shard that its record belongs to. It is
// sent again as by Timer E (RFC 3261 17.1.2.2); who leaves four unanswered is unreachable until
// heard of again. No transaction: what was asked when is a list of ranges, the rest is in the
// record.
import type { Clock } from '../base/clock.ts';
import { C, type CounterRow } from '../base/counter-names.ts';
import type { CheckTable } from './check-table.ts';
import { Away } from './location-layout.ts';

/** After the first request: the pauses of Timer E are T1, then doubled. */
const RESENDS_AT_MS: readonly number[] = [500, 1500, 3500];
const VERDICT_AT_MS = 7500;
/** Terminals are taken in steps of at least this much time. */
const STEP_MS = 10;
/** A longer pause of the shard is not made up for. */
const MAX_STEP_MS = 1000;
/** More steps than there are until the verdict. */
const STEPS = 1024;

export interface ReachabilityServices {
  readonly locations: CheckTable;
  /** The shard's. */
  readonly region: number;
  readonly clock: Clock;
  readonly counters: CounterRow;
  /** Sends OPTIONS to who is registered in the record; each time the same in one check. */
  readonly ask: (record: number, checkBeganMs: number, again: boolean) => void;
}

export class Reachability {
  readonly #services: ReachabilityServices;
  #roundMs: number;
  #lastMs: number;
  /** The next terminal, and the part of one that is due. */
  #next = 0;
  #due = 0;
  /** A ring of steps: when (monotonic and wall), from which record on, how many. */
  readonly #atMs = new Float64Array(STEPS);
  readonly #wallMs = new Float64Array(STEPS);
  readonly #from = new Int32Array(STEPS);
  readonly #count = new Int32Array(STEPS);
  #steps = 0;
  /** How many steps each stage, resends and verdict, has dealt with. */
  readonly #dealtWith = new Float64Array(RESENDS_AT_MS.length + 1);

  /** @param seconds SS_ENDPOINTTIMETOLIVE */
  constructor(services: ReachabilityServices, seconds: number) {
    this.#services = services;
    this.#roundMs = seconds * 1000;
    this.#lastMs = services.clock.monoMs();
  }

  set seconds(seconds: number) {
    this.#roundMs = seconds * 1000;
  }

  /** To be called often: deals with what is due. */
  advance(): void {
    const { clock, locations, region } = this.#services;
    const nowMs = clock.monoMs();
    const passedMs = nowMs - this.#lastMs;
    if (passedMs < STEP_MS) return;
    this.#lastMs = nowMs;
    this.#followUp(nowMs);
    const first = locations.firstRecord(region);
    const used = locations.endOfRecords(region) - first;
    if (used === 0) return;
    this.#due += (used * Math.min(passedMs, MAX_STEP_MS)) / this.#roundMs;
    const count = Math.min(Math.floor(this.#due), used);
    if (count === 0) return;
    this.#due -= Math.floor(this.#due);
    if (this.#next >= used) this.#next = 0;
    // A step does not go round the end: the rest is due in the next one.
    const taken = Math.min(count, used - this.#next);
    this.#due += count - taken;
    this.#begin(nowMs, first + this.#next, taken);
    this.#next += taken;
  }

  /** A response of the terminal, to this check or an earlier one. */
  answered(record: number): void {
    const { clock, counters, locations } = this.#services;
    counters.add(C.terminalChecksAnswered, 1);
    locations.setHeard(record, clock.wallMs());
  }

  /** The request could not be delivered. */
  undeliverable(record: number): void {
    if (this.#services.locations.asked(record) > 0) this.#lose(record);
  }

  /** The first request of a check, to whom nothing was heard of for half of the round. */
  #begin(nowMs: number, from: number, count: number): void {
    const { clock, locations } = this.#services;
    const wallMs = clock.wallMs();
    for (let record = from; record < from + count; record++) {
      if (!locations.isRegistered(record, wallMs)) continue;
      const silentMs = wallMs - locations.heardMs(record, wallMs);
      if (silentMs < this.#roundMs / 2) locations.setAsked(record, 0);
      else this.#ask(record, 1, wallMs);
    }
    const step = this.#steps++ % STEPS;
    this.#atMs[step] = nowMs;
    this.#wallMs[step] = wallMs;
    this.#from[step] = from;
    this.#count[step] = count;
  }

  #followUp(nowMs: number): void {
    for (let stage = 0; stage < this.#dealtWith.length; stage++) {
      const delayMs = RESENDS_AT_MS[stage] ?? VERDICT_AT_MS;
      for (; this.#dealtWith[stage]! < this.#steps; this.#dealtWith[stage]!++) {
        const step = this.#dealtWith[stage]! % STEPS;
        if (this.#atMs[step]! + delayMs > nowMs) break;
        this.#deal(step, stage + 1);
      }
    }
  }

  /** Goes on with those of a step who were asked so often and have not been heard of since. */
  #deal(step: number, asked: number): void {
    const { clock, locations } = this.#services;
    const wallMs = clock.wallMs();
    const beganMs = this.#wallMs[step]!;
    const from = this.#from[step]!;
    for (let record = from; record < from + this.#count[step]!; record++) {
      if (locations.asked(record) !== asked) continue;
      const heardMs = locations.heardMs(record, wallMs);
      if (!locations.isRegistered(record, wallMs) || heardMs >= beganMs) {
        locations.setAsked(record, 0);
      } else if (asked <= RESENDS_AT_MS.length) {
        this.#ask(record, asked + 1, beganMs);
      } else {
        this.#lose(record);
      }
    }
  }

  #lose(record: number): void {
    const { counters, locations } = this.#services;
    locations.setAsked(record, 0);
    if (!locations.isReachable(record)) return;
    counters.add(C.terminalsLost, 1);
    locations.setAway(record, Away.Silent);
  }

  #ask(record: number, times: number, checkBeganMs: number): void {
    this.#services.locations.setAsked(record, times);
    this.#services.counters.add(C.terminalChecksSent, 1);
    this.#services.ask(record, checkBeganMs, times > 1);
  }
}
