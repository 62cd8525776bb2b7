// Digest credentials as a client answers a challenge (RFC 3261 22, RFC 7616, RFC 8760):
// MD5, SHA-256 and SHA-512-256, their -sess forms, with qop=auth or without qop.
import {
  digestAlgorithm,
  digestHash,
  digestResponse,
  type DigestAlgorithm,
} from './digest-algorithm.ts';

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

/** How strong the challenge's algorithm is; 0 when it cannot be answered. */
export function challengeStrength(challenge: Challenge): number {
  const algorithm = algorithmOf(challenge);
  if (algorithm === undefined) return 0;
  const answerable = challenge.qop === null || offersAuth(challenge.qop);
  return answerable ? algorithm.strength : 0;
}

/**
 * The value of an Authorization or Proxy-Authorization header that answers `challenge`, whose
 * `challengeStrength` is not 0.
 */
export function digestCredentials(challenge: Challenge, request: DigestRequest): string {
  const algorithm = algorithmOf(challenge)!;
  const h = (text: string): string => digestHash(algorithm, text);
  const nc = request.nonceCount.toString(16).padStart(8, '0');
  const session = challenge.algorithm?.toLowerCase().endsWith('-sess') ?? false;
  const secret = h(`${request.username}:${challenge.realm}:${request.password}`);
  const ha1 = session ? h(`${secret}:${challenge.nonce}:${request.cnonce}`) : secret;
  const withQop = challenge.qop !== null && offersAuth(challenge.qop);
  const middle = withQop ? `${nc}:${request.cnonce}:auth:` : '';
  const { method, uri } = request;
  const response = digestResponse(algorithm, ha1, challenge.nonce, middle, method, uri);
  let value =
    `Digest username=${quote(request.username)}, realm=${quote(challenge.realm)}, ` +
    `nonce=${quote(challenge.nonce)}, uri="${uri}", response="${response}"`;
  if (challenge.algorithm !== null) value += `, algorithm=${challenge.algorithm}`;
  if (challenge.opaque !== null) value += `, opaque=${quote(challenge.opaque)}`;
  if (withQop) value += `, qop=auth, nc=${nc}`;
  if (withQop || session) value += `, cnonce="${request.cnonce}"`;
  return value;
}

function algorithmOf(challenge: Challenge): DigestAlgorithm | undefined {
  return digestAlgorithm((challenge.algorithm ?? 'MD5').replace(/-sess$/i, ''));
}

function offersAuth(qop: string): boolean {
  return qop.split(',').some((option) => option.trim().toLowerCase() === 'auth');
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
