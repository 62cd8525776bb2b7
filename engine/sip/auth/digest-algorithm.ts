// The hash algorithms of digest authentication (RFC 8760 2.1) and the response that both sides
// compute with them (RFC 7616 3.4.1).
import { getHashes, hash } from 'node:crypto';

export interface DigestAlgorithm {
  /** As challenges name it. */
  readonly token: string;
  /** As OpenSSL names it. */
  readonly hash: string;
  readonly strength: number;
}

const AVAILABLE = new Set(getHashes());

/** Strongest first: the order of challenges (RFC 8760 2.4). */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = [
  { token: 'SHA-512-256', hash: 'sha512-256', strength: 3 },
  { token: 'SHA-256', hash: 'sha256', strength: 2 },
  { token: 'MD5', hash: 'md5', strength: 1 },
].filter((algorithm) => AVAILABLE.has(algorithm.hash));

/** The algorithm of that name, any case; undefined when it cannot be computed here. */
export function digestAlgorithm(token: string): DigestAlgorithm | undefined {
  const name = token.toUpperCase();
  return DIGEST_ALGORITHMS.find((algorithm) => algorithm.token === name);
}

/** Hex digest of a latin1 text. */
export function digestHash(algorithm: DigestAlgorithm, text: string): string {
  return hash(algorithm.hash, Buffer.from(text, 'latin1'), 'hex');
}

/**
 * The response value.
 * @param secret H(username:realm:password), with -sess hashed on with the nonces
 * @param middle `nc:cnonce:qop:` or empty without qop
 */
export function digestResponse(
  algorithm: DigestAlgorithm,
  secret: string,
  nonce: string,
  middle: string,
  method: string,
  uri: string,
): string {
  const request = digestHash(algorithm, `${method}:${uri}`);
  return digestHash(algorithm, `${secret}:${nonce}:${middle}${request}`);
}
