// What one torture message of RFC 4475 or RFC 5118 is and what it must lead to: once for the parser
// alone, once for a whole server, so that tests of both can replay the same bytes.
import type { ParseError, ParseResult } from '../../../../../engine/sip/message/parse-result.ts';

/** What a server that received the message sends. */
export interface SwitchOutcome {
  /**
   * Final status codes that the RFC allows; `any` when the message is well formed and the answer is
   * a matter of policy (then it is neither 400 nor a 5xx, if there is one).
   */
  readonly answers: readonly number[] | 'any';
  /** Whether sending nothing at all is right as well, or the only right thing. */
  readonly silence: 'never' | 'allowed' | 'demanded';
}

export interface TortureMessage {
  /** `RFC 4475 3.1.1.1` */
  readonly section: string;
  /** The RFC's own name of the message. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly result: ParseResult;
  readonly error: ParseError;
  readonly outcome: SwitchOutcome;
}

export const ANY: SwitchOutcome = { answers: 'any', silence: 'never' };
export const SILENCE: SwitchOutcome = { answers: [], silence: 'demanded' };

export function answers(...statuses: number[]): SwitchOutcome {
  return { answers: statuses, silence: 'never' };
}

/** The lines with CR LF after each, as latin1 bytes. */
export function lines(...text: string[]): Buffer {
  return Buffer.from(text.map((line) => `${line}\r\n`).join(''), 'latin1');
}

/** The session description that most INVITEs of RFC 4475 carry, after the empty line. */
export function sdp(address: string, time = '0 0'): string[] {
  return [
    '',
    'v=0',
    `o=mhandley 29739 7272939 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    `t=${time}`,
    'm=audio 49217 RTP/AVP 0 12',
    'm=video 3227 RTP/AVP 31',
    'a=rtpmap:31 LPC',
  ];
}
