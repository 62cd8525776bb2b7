// Digest authentication as a server (RFC 3261 22, RFC 7616, RFC 8760): challenges, one per
// algorithm in the order configured, and the check of what comes back. Stateless until credentials
// are right; then the count of their nonce is remembered.
//
//   no credentials ──▶ challenge ──right, in time──▶ accepted
//                        │ wrong: again, round + 1    right, but old, used, or of another shard:
//                        ▼ rounds or time over         challenge with stale=true
//                      refused
import type { Clock } from '../../base/clock.ts';
import type { DigestCredentials } from './credentials.ts';
import {
  DIGEST_ALGORITHMS,
  digestAlgorithm,
  digestHash,
  digestResponse,
} from './digest-algorithm.ts';
import { NonceUse, NonceUses } from './nonce-uses.ts';
import { Nonces, type Nonce } from './nonces.ts';

/** Nonces in use that a shard remembers: 3 MB. */
const REMEMBERED_NONCES = 1 << 18;
/** How long a nonce may be used after its first use. */
const NONCE_LIFE_S = 3600;

export const Verdict = { Accepted: 0, Wrong: 1, Stale: 2, Replayed: 3 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export class DigestServer {
  readonly #nonces: Nonces;
  readonly #uses = new NonceUses(REMEMBERED_NONCES);
  readonly #clock: Clock;
  readonly #startMs: number;
  /** Offered in this order, and accepted. */
  readonly #algorithms: readonly string[];

  /** @param key see Nonces */
  constructor(
    shard: number,
    key: string,
    clock: Clock,
    algorithms: readonly string[] = DIGEST_ALGORITHMS.map(({ token }) => token),
  ) {
    this.#algorithms = algorithms.filter((token) => digestAlgorithm(token) !== undefined);
    this.#nonces = new Nonces(shard, key);
    this.#clock = clock;
    this.#startMs = clock.monoMs();
  }

  /**
   * Header lines that ask for credentials.
   * @param name WWW-Authenticate or Proxy-Authenticate
   * @param after the nonce of wrong credentials that are answered with this challenge, or null
   */
  challenge(name: string, realm: string, stale: boolean, after: Nonce | null): string {
    const madeAtS = after?.madeAtS ?? this.#nowS();
    const nonce = this.#nonces.make(madeAtS, after === null ? 0 : after.round + 1);
    const flag = stale ? ', stale=true' : '';
    let lines = '';
    for (const token of this.#algorithms) {
      lines +=
        `${name}: Digest realm="${realm}", nonce="${nonce}"${flag}, ` +
        `algorithm=${token}, qop="auth"\r\n`;
    }
    return lines;
  }

  /** Our nonce in these credentials; null when it is another's or of another life. */
  nonceOf(credentials: DigestCredentials): Nonce | null {
    return this.#nonces.read(credentials.nonce);
  }

  /** In place of a nonce that is not ours: the request is in its first round now. */
  foreign(): Nonce {
    return { madeAtS: this.#nowS(), round: 0, number: 0 };
  }

  /** How long ago the first challenge of a request was made, seconds. */
  ageOf(nonce: Nonce): number {
    return this.#nowS() - nonce.madeAtS;
  }

  /**
   * Checks credentials. A body is not protected: qop is auth, or absent as RFC 2069 has it, and
   * then the nonce is good for one request.
   * @param password latin1, as the bytes of its UTF-8 form
   * @param nonce `nonceOf(credentials)`
   * @param timeoutS how long after the challenge its nonce may be used first
   */
  check(
    credentials: DigestCredentials,
    method: string,
    password: string,
    nonce: Nonce | null,
    timeoutS: number,
  ): Verdict {
    if (!this.#algorithms.includes(credentials.algorithm.toUpperCase())) return Verdict.Wrong;
    if (!isRight(credentials, method, password)) return Verdict.Wrong;
    if (nonce === null) return Verdict.Stale;
    const limitS = this.#uses.knows(nonce.number) ? NONCE_LIFE_S : timeoutS;
    if (this.ageOf(nonce) > limitS) return Verdict.Stale;
    const count = credentials.qop === '' ? 1 : Number.parseInt(credentials.nc, 16);
    switch (this.#uses.use(nonce.number, count)) {
      case NonceUse.Fresh:
        return Verdict.Accepted;
      case NonceUse.Seen:
        return Verdict.Replayed;
      case NonceUse.Forgotten:
        return Verdict.Stale;
    }
  }

  #nowS(): number {
    return Math.floor((this.#clock.monoMs() - this.#startMs) / 1000);
  }
}

const NONCE_COUNT = /^(?!0{8})[0-9a-f]{8}$/i;

function isRight(credentials: DigestCredentials, method: string, password: string): boolean {
  const { username, realm, nonce, uri, response, qop, nc, cnonce } = credentials;
  const algorithm = digestAlgorithm(credentials.algorithm);
  if (algorithm === undefined) return false;
  let middle = '';
  if (qop !== '') {
    if (qop.toLowerCase() !== 'auth' || !NONCE_COUNT.test(nc)) return false;
    middle = `${nc}:${cnonce}:${qop}:`;
  }
  const secret = digestHash(algorithm, `${username}:${realm}:${password}`);
  const right = digestResponse(algorithm, secret, nonce, middle, method, uri);
  return sameText(right, response.toLowerCase());
}

/** Takes the same time wherever the texts differ. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
