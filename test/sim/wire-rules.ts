// What must hold for every message on the wire, whatever the calls do: nothing of one side shows
// on the other, CSeq grows, resends are the same, one final response each, every core sees only
// its own.
import { hostPort } from '../../engine/base/endpoint.ts';
import type { TextMessage } from './text-message.ts';
import type { Packet } from './virtual-network.ts';

/** Addresses of customers and of vendors (RFC 5737), and what all their identifiers begin with. */
export const CALLER_NET = '198.51.100.';
export const VENDOR_NET = '203.0.113.';
export const CALLER_MARK = 'qcal';
export const VENDOR_MARK = 'qven';

export type Party = 'caller' | 'callee' | 'stranger';

export function partyOf(ip: string): Party {
  if (ip.startsWith(CALLER_NET)) return 'caller';
  return ip.startsWith(VENDOR_NET) ? 'callee' : 'stranger';
}

interface Asked {
  readonly callId: string;
  readonly what: string;
  readonly finals: Set<number>;
  provisional: boolean;
  /** Its final response came from no transaction (transaction-layer.ts: tags begin with s). */
  stateless: boolean;
}

const STATELESS_TAG = /^s[0-9a-f]+$/;

export class WireRules {
  readonly #complain: (problem: string) => void;
  /** Core of each Call-ID. */
  readonly #homes = new Map<string, number>();
  /** Text of each request that the switch sent, by branch and method. */
  readonly #requests = new Map<string, string>();
  /** Highest CSeq sent, by Call-ID and both tags. */
  readonly #cseqs = new Map<string, number>();
  /** Dialogs that have seen a BYE. */
  readonly #hungUp = new Set<string>();
  readonly #invites = new Set<string>();
  /** Requests that the switch took in and must answer, by branch, method and sender. */
  readonly #asked = new Map<string, Asked>();

  #crashed = false;

  constructor(complain: (problem: string) => void) {
    this.#complain = complain;
  }

  taken(packet: Packet, message: TextMessage, shard: number): void {
    if (partyOf(packet.from.ip) === 'stranger') return;
    const home = this.#homes.get(message.callId);
    if (home === undefined) this.#homes.set(message.callId, shard);
    else if (home !== shard) this.#complain(`${message.summary} at core ${shard}, not ${home}`);
    if (message.status !== 0 || message.method === 'ACK') return;
    const { callId, toTag, fromTag } = message;
    if (message.method === 'BYE') this.#hungUp.add(`${callId} ${toTag} ${fromTag}`);
    const key = `${message.branch} ${message.method} ${hostPort(packet.from)}`;
    if (this.#asked.has(key)) return;
    const what = message.summary;
    this.#asked.set(key, { callId, what, finals: new Set(), provisional: false, stateless: false });
  }

  sent(packet: Packet, message: TextMessage, shard: number): void {
    this.#checkLeak(packet, message);
    if (message.status === 0) this.#checkRequest(message, shard);
    else this.#checkResponse(packet, message);
  }

  /** A core died: what it was asked and has not answered, it never will; copies are new to it. */
  crash(isHit: (callId: string) => boolean): void {
    this.#crashed = true;
    for (const [key, { callId }] of this.#asked) if (isHit(callId)) this.#asked.delete(key);
  }

  /** At the end: every request has had exactly one final response. */
  checkAnswered(): void {
    for (const { what, finals } of this.#asked.values()) {
      if (finals.size === 0) this.#complain(`${what} was never answered`);
    }
  }

  #checkLeak({ to }: Packet, message: TextMessage): void {
    const { head } = message;
    const leak = (what: string): void =>
      this.#complain(`${message.summary} shows ${what}:\n${head}`);
    const party = partyOf(to.ip);
    if (party !== 'caller' && (head.includes(CALLER_MARK) || head.includes(CALLER_NET))) {
      leak('the caller');
    }
    if (party !== 'callee' && (head.includes(VENDOR_MARK) || head.includes(VENDOR_NET))) {
      leak('the vendor');
    }
    if (party === 'caller' && /tdm[0-9a-f]{2}-/.test(head)) leak("the other leg's Call-ID");
    if (party !== 'callee') return;
    const own = `${VENDOR_MARK}${to.ip.slice(VENDOR_NET.length)}x`;
    for (const [mark] of head.matchAll(/qven\d+x/g)) if (mark !== own) leak('another vendor');
  }

  #checkRequest(message: TextMessage, shard: number): void {
    const { callId, method, branch, fromTag, toTag, cseq } = message;
    if (this.#homes.get(callId) === undefined) this.#homes.set(callId, shard);
    const before = this.#requests.get(`${branch} ${method}`);
    if (before !== undefined) {
      if (before !== message.text && method !== 'ACK')
        this.#complain(`${method} changed when resent`);
      return;
    }
    this.#requests.set(`${branch} ${method}`, message.text);
    if (method === 'ACK' || method === 'CANCEL') {
      if (!this.#invites.has(`${callId} ${cseq}`))
        this.#complain(`${message.summary} of no INVITE`);
      return;
    }
    if (method === 'INVITE') this.#invites.add(`${callId} ${cseq}`);
    const initial = this.#cseqs.get(`${callId} ${fromTag} `) ?? 0;
    const last = this.#cseqs.get(`${callId} ${fromTag} ${toTag}`) ?? initial;
    // An answer that comes again after the call is hung up anew (orphan-answer.ts).
    const hungUp = method === 'BYE' && this.#hungUp.has(`${callId} ${fromTag} ${toTag}`);
    if (method === 'BYE') this.#hungUp.add(`${callId} ${fromTag} ${toTag}`);
    if (hungUp) return;
    if (cseq <= last) this.#complain(`${message.summary} after CSeq ${last}`);
    this.#cseqs.set(`${callId} ${fromTag} ${toTag}`, cseq);
  }

  #checkResponse({ to }: Packet, message: TextMessage): void {
    const { status, branch, cseqMethod } = message;
    const asked = this.#asked.get(`${branch} ${cseqMethod} ${hostPort(to)}`);
    if (asked === undefined) {
      if (partyOf(to.ip) !== 'stranger') this.#complain(`${message.summary} to no request`);
      return;
    }
    const isInvite = cseqMethod === 'INVITE';
    // A merged copy is refused without state: resent after the end of the call, it is a new one.
    if (asked.finals.has(482)) return;
    if (status < 200) {
      if (asked.finals.size > 0) this.#complain(`${message.summary} after the final response`);
      if (isInvite && status > 100 && !asked.provisional) this.#complain(`${status} before 100`);
      asked.provisional = true;
      return;
    }
    if (isInvite && status < 300 && !asked.provisional) this.#complain(`${status} before 100`);
    // A copy of what was refused without state is judged anew: draining may have begun meanwhile.
    const isStateless = STATELESS_TAG.test(message.toTag);
    if (isStateless && status === 503 && asked.stateless) return;
    asked.stateless ||= isStateless;
    asked.finals.add(status);
    // A CANCEL may wait for a restarted core in front of its INVITE, which was sent again.
    if (asked.finals.size > 1 && !(this.#crashed && cseqMethod === 'CANCEL')) {
      this.#complain(`${asked.what} got ${[...asked.finals].join(' and ')}`);
    }
  }
}
