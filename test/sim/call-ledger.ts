// The second set of books: what each call did as the wire shows it, against the records that the
// switch writes of it.
import type { Cdr, CdrAttempt } from '../../engine/cdr/schema.ts';
import { ALIVE_MS } from '../../engine/cdr/call-state.ts';
import { NO_LOCAL_ADDRESS } from '../../engine/call/release.ts';
import type { Cause } from './edge.ts';
import { sessionOf } from './leg-session.ts';
import { TextMessage } from './text-message.ts';
import type { Packet } from './virtual-network.ts';
import type { VirtualTime } from './virtual-time.ts';
import { partyOf } from './wire-rules.ts';

/** Difference allowed for a call that was carried over: its record's times are whole. */
const CARRIED_TOLERANCE_MS = 2;
/** Difference allowed between a time in a record and the same time on the wire. */
const TOLERANCE_MS = 1;
/** 64*T1, less a tick of the timers. */
const ACK_WAIT_MS = 31_980;

/** One call as the wire shows it. */
export interface CallFacts {
  readonly number: string;
  readonly callId: string;
  readonly branch: string;
  /** A merged copy came when the call was over. */
  twice: boolean;
  readonly takenAtMs: number;
  /** False when its INVITE must not become a call: draining, or refused by its form. */
  recorded: boolean;
  /** Session-Expires of its INVITE; 0: none. */
  readonly sessionS: number;
  /** First sending of an 18x and of the 200 to the caller; -1 before. */
  ringingAtMs: number;
  answeredAtMs: number;
  /** Final code sent to the caller; 0 before. */
  final: number;
  /** What a copy of its INVITE got: 503 after a 422, 482 after a restart; 0: nothing else. */
  refusedAnew: number;
  /** That 482 has ended the call: further copies are absorbed. */
  absorbed: boolean;
  acknowledged: boolean;
  /** Last moment at which the switch sent a BYE on any leg of the call. */
  byeSentAtMs: number;
  /** Call-IDs of the INVITEs that vendors were sent. */
  readonly vendorCallIds: Set<string>;
  cdr: Cdr | null;
  cdrAtMs: number;
  /** When a crash first interrupted the call, which goes on after the restart; -1: none did. */
  carriedAtMs: number;
  /** It had ended when its core died: who had not heard of it never will. */
  settled: boolean;
  /** A crash took it, for good. */
  lost: boolean;
}

export class CallLedger {
  readonly calls = new Map<string, CallFacts>();
  readonly #byNumber = new Map<string, CallFacts>();
  readonly #byVendorCallId = new Map<string, CallFacts>();
  /** Ids of calls that merged copies made. */
  readonly #repeats = new Set<string>();
  /** Calls that a crash took; their INVITEs, sent again, make new ones. */
  readonly #lostCallIds = new Set<string>();
  readonly #rows = new Map<string, CdrAttempt[]>();
  readonly #time: VirtualTime;
  readonly #complain: (problem: string) => void;
  #crashed = false;
  /** What is taken in from now on is refused without a record. */
  refusing = false;

  constructor(time: VirtualTime, complain: (problem: string) => void) {
    this.#time = time;
    this.#complain = complain;
  }

  taken(packet: Packet, message: TextMessage): void {
    if (message.method === 'ACK') {
      const facts = this.calls.get(message.callId);
      if (facts !== undefined) facts.acknowledged = true;
    }
    if (message.method !== 'INVITE' || message.toTag !== '') return;
    if (partyOf(packet.from.ip) !== 'caller') return;
    const known = this.calls.get(message.callId);
    if (known !== undefined) {
      // Merged requests are known as long as the call is; afterwards they are a call of their own,
      // as is the INVITE sent again when its transaction died with a core.
      const isForgotten = known.settled || (known.carriedAtMs >= 0 && !known.absorbed);
      const isCopy = known.branch !== message.branch || isForgotten;
      if (isCopy && known.cdr !== null) known.twice = true;
      return;
    }
    const malformed =
      message.header('max-forwards') === '0' || message.header('require').includes('x-');
    const facts: CallFacts = {
      number: message.number,
      branch: message.branch,
      twice: false,
      callId: message.callId,
      takenAtMs: this.#time.monoMs(),
      recorded: !this.refusing && !malformed,
      sessionS: sessionOf(message)[0],
      ringingAtMs: -1,
      answeredAtMs: -1,
      final: 0,
      refusedAnew: 0,
      absorbed: false,
      acknowledged: false,
      byeSentAtMs: -1,
      vendorCallIds: new Set(),
      cdr: null,
      cdrAtMs: -1,
      carriedAtMs: -1,
      settled: false,
      lost: false,
    };
    this.calls.set(message.callId, facts);
    this.#byNumber.set(rewriteProof(message.number), facts);
  }

  sent(packet: Packet, message: TextMessage): void {
    const now = this.#time.monoMs();
    if (partyOf(packet.to.ip) === 'caller') {
      const facts = this.calls.get(message.callId);
      if (facts === undefined) return;
      if (message.method === 'BYE') this.#byeToCaller(facts, now);
      const own = message.cseqMethod === 'INVITE' && message.branch === facts.branch;
      const { status, cseqMethod } = message;
      if (
        !own &&
        status !== 0 &&
        cseqMethod === 'INVITE' &&
        message.cseq === 1 &&
        !facts.twice &&
        status !== 482
      ) {
        this.#complain(`a merged INVITE got ${status}`);
      }
      const minSeS = Number(message.header('min-se'));
      if (own && status !== 0) this.#answeredCaller(facts, status, minSeS, now);
      return;
    }
    if (message.method === 'BYE') {
      const facts = this.#byVendorCallId.get(message.callId);
      if (facts !== undefined) facts.byeSentAtMs = now;
    }
    if (message.method !== 'INVITE' || message.toTag !== '') return;
    const facts = this.#byNumber.get(rewriteProof(message.number));
    if (facts === undefined) {
      this.#complain(`INVITE for ${message.number}, which nobody called`);
      return;
    }
    facts.vendorCallIds.add(message.callId);
    this.#byVendorCallId.set(message.callId, facts);
  }

  #byeToCaller(facts: CallFacts, now: number): void {
    facts.byeSentAtMs = now;
    // RFC 3261 15: not before its ACK, or until the answer has been resent in vain for 64*T1.
    if (facts.carriedAtMs < 0 && !facts.acknowledged && now - facts.answeredAtMs < ACK_WAIT_MS) {
      this.#complain(`${facts.number}: BYE before the caller's ACK`);
    }
  }

  attempt(row: CdrAttempt): void {
    const rows = this.#rows.get(row.id) ?? [];
    // Written twice when the CDR behind it was lost.
    const again = this.#crashed && rows.at(-1)?.attempt === row.attempt;
    if (again) rows.pop();
    rows.push(row);
    this.#rows.set(row.id, rows);
    if (row.code < 200 || row.code > 699) this.#complain(`attempt ends with ${row.code}`);
  }

  cdr(record: Cdr, cause: Cause): void {
    const facts = this.calls.get(record.callIdIn);
    if (facts === undefined) {
      this.#complain(`CDR of a call that nobody made: ${record.callIdIn}`);
      return;
    }
    const complain = (problem: string): void => this.#complain(`${record.calleeIn}: ${problem}`);
    if (facts.twice) {
      this.#repeats.add(record.id);
      return;
    }
    if (facts.cdr !== null) complain('second CDR');
    if (!facts.recorded) complain('CDR of a call that was never taken');
    facts.cdr = record;
    facts.cdrAtMs = this.#time.monoMs();
    this.#checkRows(record, facts, complain);
    this.#checkTimes(record, facts, cause, complain);
    const side = endSideOf(cause, record.answeredAtMs > 0);
    if (record.endSide !== side) complain(`ended by ${side}, CDR says ${record.endSide}`);
    const ringing = facts.ringingAtMs >= 0;
    if (ringing !== record.ringingAtMs > 0) complain(`ringing ${ringing}, CDR has the contrary`);
  }

  /**
   * Cores die, and what they wrote in the last `lostMs` with them. Calls whose answer is on record
   * must go on; those without are lost.
   */
  crash(isHit: (callId: string) => boolean, lostMs: number): void {
    this.#crashed = true;
    const now = this.#time.monoMs();
    const durableMs = lostMs === 0 ? Infinity : now - lostMs;
    for (const facts of this.calls.values()) {
      if (!isHit(facts.callId) || facts.twice) continue;
      const answered = facts.answeredAtMs >= 0 && facts.answeredAtMs < durableMs;
      if (facts.cdr !== null && facts.cdrAtMs < durableMs && answered) facts.settled = true;
      else if (answered) {
        facts.cdr = null;
        facts.absorbed = false;
        if (facts.carriedAtMs < 0) facts.carriedAtMs = now;
      } else {
        facts.lost = true;
        this.#lostCallIds.add(facts.callId);
        this.calls.delete(facts.callId);
      }
    }
  }

  /** Whether a core began the call anew after a crash: its caller may have had an end before. */
  begunAgain(callId: string): boolean {
    return this.#lostCallIds.has(callId);
  }

  /** Whether a vendor's leg may still be up at the end: a crash has cut its call off. */
  mayBeUp(vendorCallId: string): boolean {
    const facts = this.#byVendorCallId.get(vendorCallId);
    return facts === undefined || facts.lost || facts.settled || facts.twice;
  }

  /** At the end: every call has its record. */
  checkComplete(): void {
    for (const facts of this.calls.values()) {
      if (facts.recorded && facts.cdr === null) this.#complain(`${facts.number}: no CDR`);
    }
    const known = new Set([...this.calls.values()].map(({ cdr }) => cdr?.id));
    for (const id of this.#repeats) known.add(id);
    for (const id of this.#rows.keys()) {
      if (!known.has(id) && !this.#crashed) this.#complain(`attempts of ${id}, which has no CDR`);
    }
  }

  #answeredCaller(facts: CallFacts, status: number, minSeS: number, now: number): void {
    if (status > 100 && status < 200 && facts.ringingAtMs < 0) facts.ringingAtMs = now;
    if (status < 200) return;
    // A 422 leaves no state: a copy that comes when draining has begun gets 503. One is heard.
    // A restarted core knows the call but not its INVITE, which was answered: a copy gets 482.
    const anew = facts.carriedAtMs >= 0 ? 482 : facts.final === 422 ? 503 : 0;
    if (status === anew) {
      facts.refusedAnew = status;
      facts.absorbed = status === 482 && facts.cdr !== null;
      return;
    }
    if (status < 300 && facts.answeredAtMs < 0) facts.answeredAtMs = now;
    facts.final = status;
    if (status !== 422) return;
    if (facts.sessionS === 0 || facts.sessionS >= minSeS)
      this.#complain(`422 for ${facts.sessionS}`);
    facts.recorded = false;
  }

  #checkRows(record: Cdr, facts: CallFacts, complain: (problem: string) => void): void {
    const rows = this.#rows.get(record.id) ?? [];
    if (rows.length !== record.attempts) {
      complain(`${record.attempts} attempts, but ${rows.length} rows`);
    }
    rows.forEach(({ attempt }, index) => {
      if (attempt !== index + 1) complain(`row ${index + 1} has number ${attempt}`);
    });
    const sent = rows.filter(({ reason }) => reason !== NO_LOCAL_ADDRESS.reason).length;
    if (sent !== facts.vendorCallIds.size) {
      complain(`${sent} attempts recorded, ${facts.vendorCallIds.size} seen on the wire`);
    }
    const answered = rows.filter(({ code }) => code < 300).length;
    if (answered !== (record.answeredAtMs > 0 ? 1 : 0)) complain(`${answered} attempts answered`);
  }

  #checkTalk(record: Cdr, facts: CallFacts, complain: (problem: string) => void): void {
    const now = this.#time.monoMs();
    const talked = facts.answeredAtMs >= 0 ? now - facts.answeredAtMs : 0;
    const { durationMs, endEvidence } = record;
    const carried = facts.carriedAtMs >= 0;
    if (carried === (endEvidence === 'seen')) complain(`its end is ${endEvidence}`);
    const tolerance = carried ? CARRIED_TOLERANCE_MS : TOLERANCE_MS;
    if (endEvidence !== 'assumed') {
      if (Math.abs(durationMs - talked) > tolerance) {
        complain(`talked ${talked} ms, CDR says ${durationMs}`);
      }
      return;
    }
    const proven = facts.carriedAtMs - facts.answeredAtMs - ALIVE_MS;
    if (durationMs > talked + tolerance || durationMs < proven - tolerance) {
      complain(`talked ${talked} ms, for sure ${proven}, CDR assumes ${durationMs}`);
    }
    if (Math.abs(record.endedAtMs - record.answeredAtMs - durationMs) > tolerance) {
      complain(`assumed end ${record.endedAtMs}, answer ${record.answeredAtMs}, ${durationMs} ms`);
    }
  }

  #checkTimes(record: Cdr, facts: CallFacts, cause: Cause, complain: (p: string) => void): void {
    const now = this.#time.monoMs();
    const answered = facts.answeredAtMs >= 0;
    if (answered !== record.answeredAtMs > 0)
      complain(`answered ${answered}, CDR has the contrary`);
    if (record.endCode !== facts.final) {
      complain(`caller got ${facts.final}, CDR says ${record.endCode}`);
    }
    this.#checkTalk(record, facts, complain);
    if (facts.ringingAtMs >= 0 || answered) {
      const first = facts.ringingAtMs >= 0 ? facts.ringingAtMs : facts.answeredAtMs;
      const pdd = Math.max(1, first - facts.takenAtMs);
      if (Math.abs(record.pddMs - pdd) > TOLERANCE_MS) complain(`PDD ${pdd}, CDR ${record.pddMs}`);
    }
    if (!answered) return;
    const byBye = cause.packet !== null && new TextMessage(cause.packet.text).method === 'BYE';
    if (!byBye && facts.byeSentAtMs !== now) complain('ended without a BYE');
  }
}

/** Who ended a call, by what the switch was doing when it wrote the record. */
function endSideOf({ packet }: Cause, answered: boolean): Cdr['endSide'] {
  if (packet === null) return 'server';
  const { method, status } = new TextMessage(packet.text);
  const party = partyOf(packet.from.ip);
  if (party === 'stranger') return 'server';
  const hungUp = method === 'BYE' || method === 'CANCEL';
  // After the answer a failed request within the call makes the switch hang up.
  // An INVITE that comes again after a restart: its sender never got the answer.
  if (method === 'INVITE' && answered) return party;
  return hungUp || (status >= 300 && !answered) ? party : 'server';
}

/** The end of a number, which tells the calls apart and no dial rule of the simulation touches. */
function rewriteProof(number: string): string {
  return number.slice(-5);
}
