// Digest credentials as a client answers a challenge (RFC 3261 22, RFC 7616, RFC 8760):
// MD5, SHA-256 and SHA-512-256, their -sess forms, with qop=auth or without qop.
import { createHash, getHashes } from 'node:crypto';

/** One challenge of WWW-Authenticate or Proxy-Authenticate, unquoted. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  /** As written; null means MD5. */
  readonly algorithm: string | null;
  /** The options offered, such as `auth,auth-int`; null when the challenge has none. */
  readonly qop: string | null;
  readonly stale: boolean;
}

export interface DigestRequest {
  readonly method: string;
  /** The Request-URI, exactly as sent. */
  readonly uri: string;
  readonly username: string;
  readonly password: string;
  /** Client nonce, fresh for each request. */
  readonly cnonce: string;
  /** How often this nonce was used, from 1. */
  readonly nonceCount: number;
}

const ALGORITHMS: Readonly<Record<string, { hash: string; strength: number }>> = {
  md5: { hash: 'md5', strength: 1 },
  'sha-256': { hash: 'sha256', strength: 2 },
  'sha-512-256': { hash: 'sha512-256', strength: 3 },
};
const AVAILABLE = new Set(getHashes());

/** How strong the challenge's algorithm is; 0 when it cannot be answered. */
export function challengeStrength(challenge: Challenge): number {
  const entry = ALGORITHMS[baseAlgorithm(challenge)];
  if (entry === undefined || !AVAILABLE.has(entry.hash)) return 0;
  const answerable = challenge.qop === null || offersAuth(challenge.qop);
  return answerable ? entry.strength : 0;
}

/** The value of an Authorization or Proxy-Authorization header that answers `challenge`. */
export function digestCredentials(challenge: Challenge, request: DigestRequest): string {
  const hash = ALGORITHMS[baseAlgorithm(challenge)]?.hash ?? 'md5';
  const h = (text: string): string => createHash(hash).update(text, 'latin1').digest('hex');
  const nc = request.nonceCount.toString(16).padStart(8, '0');
  const session = challenge.algorithm?.toLowerCase().endsWith('-sess') ?? false;
  const secret = h(`${request.username}:${challenge.realm}:${request.password}`);
  const ha1 = session ? h(`${secret}:${challenge.nonce}:${request.cnonce}`) : secret;
  const ha2 = h(`${request.method}:${request.uri}`);
  const withQop = challenge.qop !== null && offersAuth(challenge.qop);
  const middle = withQop ? `${nc}:${request.cnonce}:auth:` : '';
  const response = h(`${ha1}:${challenge.nonce}:${middle}${ha2}`);
  let value =
    `Digest username=${quote(request.username)}, realm=${quote(challenge.realm)}, ` +
    `nonce=${quote(challenge.nonce)}, uri="${request.uri}", response="${response}"`;
  if (challenge.algorithm !== null) value += `, algorithm=${challenge.algorithm}`;
  if (challenge.opaque !== null) value += `, opaque=${quote(challenge.opaque)}`;
  if (withQop) value += `, qop=auth, nc=${nc}`;
  if (withQop || session) value += `, cnonce="${request.cnonce}"`;
  return value;
}

function baseAlgorithm(challenge: Challenge): string {
  return (challenge.algorithm ?? 'MD5').toLowerCase().replace(/-sess$/, '');
}

function offersAuth(qop: string): boolean {
  return qop.split(',').some((option) => option.trim().toLowerCase() === 'auth');
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
