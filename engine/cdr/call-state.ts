// What must be known of an answered call to go on with it after a crash: START at the answer, ALIVE
// each minute, until the CDR. Encoded by call-state-encoder.ts, found again by open-calls.ts, made
// a call again by engine/call/restore-call.ts. Only Tandem itself reads these records.
//
// What is lost: records that were still in the ring when the process died (50 ms at most). A call
// answered in that time is not restored, its BYE gets 481; a call ended in it is restored as open
// and ends by its peers' next BYE or, billed to the last proof of life, by its length limit.
import type { Endpoint } from '../base/endpoint.ts';
import type { Cdr, CdrAttempt } from './schema.ts';

/**
 * Layout version of both kinds; the frame carries it. 2 adds the session timers, for calls that
 * have them. 3 leaves out what is said already: the days of a time, texts that come twice, fees.
 */
export const STATE_VERSION = 3;

/** How often an answered call's state is written anew. */
export const ALIVE_MS = 60_000;

/** One leg: the dialog as its peer knows it (RFC 3261 12). */
export interface DialogState {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** CSeq of the last request sent and received; -1 before the first. */
  readonly localCseq: number;
  readonly remoteCseq: number;
  /** CSeq of the last INVITE sent. */
  readonly inviteCseq: number;
  /** Values of From and To in requests to the peer, and the Contact that it gets. */
  readonly localName: string;
  readonly remoteAddress: string;
  readonly contact: string;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly source: Endpoint;
}

/** The session timer of one leg (RFC 4028). */
export interface SessionState {
  /** Seconds; 0: it is off. */
  readonly intervalS: number;
  readonly weRefresh: boolean;
  readonly minSeS: number;
  /** The parameters that it began with: refreshes per interval, and the early hangup. */
  readonly segments: number;
  readonly earlyHangupS: number;
  readonly takesUpdate: boolean;
  /** The SDP of a refresh by re-INVITE; empty when it is not needed. */
  readonly sdp: string;
  /** When the session was refreshed last. */
  readonly refreshedAtMs: number;
}

/** A call that is answered and not ended. */
export interface CallState {
  readonly writtenAtMs: number;
  /** What its CDR will say, as far as it is known: not the fees, which come at the end. */
  readonly record: Cdr;
  /** The attempt that was answered; its gateway and address are those of the record. */
  readonly attempt: CdrAttempt;
  readonly caller: DialogState;
  readonly callee: DialogState;
  /** `host:port` of the listen address of each leg. */
  readonly callerListen: string;
  readonly calleeListen: string;
  /** CSeq of the caller's INVITE, and of the one that the vendor answered. */
  readonly inviteCseq: number;
  readonly answerCseq: number;
  /** The caller's ACK of the answer has come. */
  readonly acknowledged: boolean;
  /** Null for a leg without session timer. */
  readonly callerSession: SessionState | null;
  readonly calleeSession: SessionState | null;
  /** Longest talk from the answer on; 0: no limit. */
  readonly limitMs: number;
  /** When the call was last known to live: wall time, and the talk until then. */
  readonly proofAtMs: number;
  readonly proofMs: number;
}
