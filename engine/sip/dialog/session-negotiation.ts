// The rules by which two user agents agree on a session timer, RFC 4028 7 to 9, as pure functions:
// what a UAS puts into its 2xx, what a UAC reads out of one. engine/call/leg-sessions.ts asks them
// for each leg on its own, engine/call/session-timer.ts then runs what was agreed.
import type { Refresher, SessionExpires } from '../message/session-expires.ts';

/** RFC 4028 4 and 5: no session interval is shorter, whoever asks for it. */
const LEAST_SECONDS = 90;

/** What both sides have agreed on. */
export interface SessionTerms {
  readonly intervalS: number;
  /** The role in the transaction that agreed on it. */
  readonly refresher: Refresher;
}

/** What a request says of session timers. */
export interface SessionRequest {
  /** `timer` stands in its Supported or Require. */
  readonly supported: boolean;
  /** -1: no Session-Expires. */
  readonly seconds: number;
  readonly refresher: Refresher | null;
  /** Min-SE, negative when there is none. */
  readonly minSeS: number;
}

/** What we want of a session, seconds. */
export interface SessionWishes {
  /** Longest interval that we agree to; not below `minSeS`. */
  readonly ttlS: number;
  /** Shortest one. */
  readonly minSeS: number;
}

/**
 * What a UAS agrees to. The interval is the request's, shortened to `ttlS` where its Min-SE allows
 * that, never lengthened. Table 2 of RFC 4028 9 says who refreshes:
 *
 *   UAC supports it | refresher in the request | refresher in the 2xx
 *   no              | any                      | uas
 *   yes             | uac                      | uac
 *   yes             | uas                      | uas
 *   yes             | none                     | uas (ours to choose: we find out ourselves)
 *
 * @param running the leg has a session timer already: it then keeps one even when a request of a
 *   peer no longer speaks of it
 * @returns null for no session timer; `too-small` to be answered 422 with `minSeS` in Min-SE
 */
export function answerSession(
  request: SessionRequest,
  { ttlS, minSeS }: SessionWishes,
  running: boolean,
): SessionTerms | 'too-small' | null {
  const { supported, refresher } = request;
  // A 422 would mean nothing to a peer without support (8.1): what its proxy asked is passed over.
  const tooSmall = request.seconds >= 0 && request.seconds < minSeS;
  if (tooSmall && supported) return 'too-small';
  const asked = request.seconds >= 0 && !tooSmall;
  if (!supported && !asked && !running) return null;
  const longest = Math.max(ttlS, request.minSeS);
  return {
    intervalS: asked ? Math.min(request.seconds, longest) : longest,
    refresher: supported && refresher !== null ? refresher : 'uas',
  };
}

/**
 * What a 2xx has granted to a UAC; null: no session timer, also in the middle of a call (7.2).
 * A refresher that is not named is us: a refresh too many harms nobody. An interval below the least
 * of the RFC counts as that.
 */
export function grantedSession(response: SessionExpires): SessionTerms | null {
  if (response.seconds < 0) return null;
  return {
    intervalS: Math.max(response.seconds, LEAST_SECONDS),
    refresher: response.refresher ?? 'uac',
  };
}
