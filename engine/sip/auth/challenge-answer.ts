// Answers a vendor's 401 or 407 with the credentials of its routing gateway (RFC 3261 22.2, 22.3).
// Of several challenges the strongest that we can compute is answered (RFC 8760 2.4).
import type { Random } from '../../base/random.ts';
import { challengeStrength, digestCredentials, type Challenge } from './digest.ts';
import { AuthParameter, findAuthParameter, isDigest } from '../message/auth-params.ts';
import { word } from '../message/bytes.ts';
import { HeaderId } from '../message/header-names.ts';
import type { SipMessage } from '../message/message.ts';
import { newCnonce } from '../call-identifiers.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const NAMES = {
  realm: word('realm'),
  nonce: word('nonce'),
  opaque: word('opaque'),
  algorithm: word('algorithm'),
  qop: word('qop'),
  stale: word('stale'),
};
const found = new AuthParameter();

/**
 * The header line, with CRLF, that answers the challenge; empty when none can be answered.
 * @param uri the Request-URI of the request to be sent
 * @param attempt how often this request was challenged, this time included: from the second time
 *   on only a stale nonce is worth another answer
 */
export function answerChallenge(
  response: SipMessage,
  method: string,
  uri: string,
  credentials: Credentials,
  random: Random,
  attempt = 1,
): string {
  const proxy = response.status === 407;
  const challenge = strongest(
    response,
    proxy ? HeaderId.ProxyAuthenticate : HeaderId.WwwAuthenticate,
  );
  if (challenge === null || (attempt > 1 && !challenge.stale)) return '';
  const { username, password } = credentials;
  const cnonce = newCnonce(random);
  const value = digestCredentials(challenge, {
    method,
    uri,
    username,
    password,
    cnonce,
    nonceCount: 1,
  });
  return `${proxy ? 'Proxy-Authorization' : 'Authorization'}: ${value}\r\n`;
}

function strongest(response: SipMessage, id: HeaderId): Challenge | null {
  let best: Challenge | null = null;
  let strength = 0;
  for (let i = response.first(id); i >= 0; i = response.next(i)) {
    const challenge = challengeAt(response, i);
    if (challenge === null || challengeStrength(challenge) <= strength) continue;
    best = challenge;
    strength = challengeStrength(challenge);
  }
  return best;
}

function challengeAt(response: SipMessage, index: number): Challenge | null {
  const { buf } = response;
  const start = response.valueStart(index);
  const end = response.valueEnd(index);
  if (!isDigest(buf, start, end)) return null;
  const value = (name: Buffer): string | null =>
    findAuthParameter(buf, start, end, name, found) ? found.text(buf) : null;
  const realm = value(NAMES.realm);
  const nonce = value(NAMES.nonce);
  if (realm === null || nonce === null) return null;
  return {
    realm,
    nonce,
    opaque: value(NAMES.opaque),
    algorithm: value(NAMES.algorithm),
    qop: value(NAMES.qop),
    stale: value(NAMES.stale)?.toLowerCase() === 'true',
  };
}
