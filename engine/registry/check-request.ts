// The OPTIONS by which a terminal is asked whether it can be reached (RFC 3261 11.1), and how its
// answer leads back to the record: the branch names it, sealed so that nobody can make one up. All
// of it follows from the record and the second of the check, so that it is sent again unchanged.
import { hex32 } from '../base/hex.ts';
import type { Random } from '../base/random.ts';
import { hashText } from '../base/text-hash.ts';
import { STRICT_ORDER } from '../base/send-order.ts';
import { callIdPrefix } from '../net/shard-of.ts';
import { NO_BODY, requestHead } from '../sip/transaction/request-identity.ts';
import type { Registration } from './registration.ts';

const MARK = 'z9hG4bKask';
const SEAL_AT = MARK.length + 16;
const LENGTH = SEAL_AT + 8;
const MAX_FORWARDS = 70;
const REST = `Accept: application/sdp\r\n${NO_BODY}`;

export class CheckRequests {
  readonly #callIdPrefix: string;
  readonly #random: Random;
  #secret = '';

  /** @param shard names it in Call-IDs, so that answers come home */
  constructor(shard: number, random: Random) {
    this.#callIdPrefix = `${callIdPrefix(shard)}ask`;
    this.#random = random;
  }

  /**
   * @param second of the check's beginning, since 1970
   * @param via Via value of the listen address, without parameters
   * @param host our host, for From
   */
  text(
    record: number,
    registration: Registration,
    second: number,
    via: string,
    host: string,
  ): string {
    const { contact, path } = registration;
    const id = hex32(record) + hex32(second);
    const seal = this.#sealOf(id);
    const identity = {
      uri: contact,
      route: path === '' ? '' : `Route: ${path}\r\n`,
      from: `<sip:${host}>;tag=${seal}`,
      to: `<${contact}>`,
      callId: this.#callIdPrefix + id + seal,
      cseq: second & 0x7fff_ffff,
      order: STRICT_ORDER,
    };
    const top = `${via};rport;branch=${MARK}${id}${seal}`;
    return requestHead('OPTIONS', identity, top, identity.to, MAX_FORWARDS) + REST;
  }

  /** The record that the branch at `start`..`end` of an answer names, or -1. */
  recordOf(buf: Buffer, start: number, end: number): number {
    if (end - start !== LENGTH) return -1;
    const branch = buf.toString('latin1', start, end);
    if (!branch.startsWith(MARK)) return -1;
    const id = branch.slice(MARK.length, SEAL_AT);
    if (branch.slice(SEAL_AT) !== this.#sealOf(id)) return -1;
    return Number.parseInt(id.slice(0, 8), 16);
  }

  /** The secret is drawn with the first check: a shard that asks nobody draws nothing. */
  #sealOf(id: string): string {
    if (this.#secret === '') this.#secret = hex32(this.#random.u32()) + hex32(this.#random.u32());
    return hex32(hashText(this.#secret + id));
  }
}
