// A vendor's registrar (RFC 3261 10.3) with digest, as text in, text out: it shares no code with
// the engine. It answers OPTIONS too, and can fall silent.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { responseText, TextMessage } from './text-message.ts';

export interface RegistrarOptions {
  readonly username: string;
  readonly password: string;
  /** Longest registration, seconds; also what is granted when nothing is asked for. */
  readonly grantSeconds: number;
  readonly nowMs: () => number;
}

export class Registrar {
  /** Contact to the end of its registration, ms. */
  readonly bindings = new Map<string, number>();
  /** What was answered by status, and with `Expires: 0` as `withdrawn`. */
  readonly counts = new Map<number | 'withdrawn', number>();
  /** Answers nothing. */
  silent = false;
  readonly #options: RegistrarOptions;
  /** By branch: a retransmission gets the same answer. */
  readonly #answers = new Map<string, string>();
  /** Highest CSeq by Call-ID. */
  readonly #cseqs = new Map<string, number>();
  #nonces = 0;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** The answer to a datagram; null: none. */
  receive(text: string): string | null {
    const request = new TextMessage(text);
    if (this.silent || request.method === '') return null;
    const again = this.#answers.get(request.branch);
    if (again !== undefined) return again;
    const answer = this.#answer(request);
    if (answer !== null) this.#answers.set(request.branch, answer);
    return answer;
  }

  /** Whether a contact is registered now. */
  knows(contact: string): boolean {
    return (this.bindings.get(contact) ?? 0) > this.#options.nowMs();
  }

  count(of: number | 'withdrawn'): number {
    return this.counts.get(of) ?? 0;
  }

  #answer(request: TextMessage): string | null {
    if (request.method === 'OPTIONS') return this.#respond(request, 200, '');
    if (request.method !== 'REGISTER') return null;
    const last = this.#cseqs.get(request.callId) ?? -1;
    if (request.cseq <= last) return this.#respond(request, 500, '');
    this.#cseqs.set(request.callId, request.cseq);
    if (!this.#proves(request)) {
      const nonce = `n${++this.#nonces}`;
      const challenge = `Digest realm="carrier", nonce="${nonce}", qop="auth", algorithm=SHA-256`;
      return this.#respond(request, 401, `WWW-Authenticate: ${challenge}\r\n`);
    }
    return this.#register(request);
  }

  #register(request: TextMessage): string {
    const { grantSeconds, nowMs } = this.#options;
    const field = request.header('expires');
    const asked = field === '' ? grantSeconds : Number(field);
    const seconds = Math.min(asked, grantSeconds);
    assert.notEqual(request.contact, '', 'a REGISTER of ours has a Contact');
    if (seconds === 0) {
      this.bindings.delete(request.contact);
      this.#add('withdrawn');
      return this.#respond(request, 200, '');
    }
    this.bindings.set(request.contact, nowMs() + seconds * 1000);
    const contact = `Contact: <${request.contact}>;expires=${seconds}\r\n`;
    return this.#respond(request, 200, contact);
  }

  #proves(request: TextMessage): boolean {
    const value = request.header('authorization');
    const field = (name: string): string =>
      new RegExp(`\\b${name}="?([^",]*)`).exec(value)?.[1] ?? '';
    if (field('nonce') !== `n${this.#nonces}`) return false;
    const h = (text: string): string => createHash('sha256').update(text).digest('hex');
    const { username, password } = this.#options;
    const ha1 = h(`${username}:carrier:${password}`);
    const ha2 = h(`REGISTER:${request.uri}`);
    const middle = `${field('nonce')}:${field('nc')}:${field('cnonce')}:auth`;
    return field('response') === h(`${ha1}:${middle}:${ha2}`);
  }

  #respond(request: TextMessage, status: number, extra: string): string {
    this.#add(status);
    return responseText(request, status, 'registrar', extra);
  }

  #add(what: number | 'withdrawn'): void {
    this.counts.set(what, this.count(what) + 1);
  }
}
