// Digest credentials as a server reads them from a request: Authorization or Proxy-Authorization
// (RFC 3261 22.4, RFC 7616 3.4).
import { AuthParameter, findAuthParameter, isDigest } from '../message/auth-params.ts';
import { word } from '../message/bytes.ts';
import { HeaderId } from '../message/header-names.ts';
import type { SipMessage } from '../message/message.ts';

export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  /** As written; MD5 when not there. */
  readonly algorithm: string;
  /** Empty when not there. */
  readonly qop: string;
  /** Nonce count as written, hex digits. */
  readonly nc: string;
  readonly cnonce: string;
}

const NAMES = {
  username: word('username'),
  realm: word('realm'),
  nonce: word('nonce'),
  uri: word('uri'),
  response: word('response'),
  algorithm: word('algorithm'),
  qop: word('qop'),
  nc: word('nc'),
  cnonce: word('cnonce'),
};
const found = new AuthParameter();

/** The first credentials for `realm`; null when the request has none that are complete. */
export function credentialsFor(request: SipMessage, realm: string): DigestCredentials | null {
  return (
    credentialsIn(request, HeaderId.Authorization, realm) ??
    credentialsIn(request, HeaderId.ProxyAuthorization, realm)
  );
}

function credentialsIn(request: SipMessage, id: HeaderId, realm: string): DigestCredentials | null {
  for (let i = request.first(id); i >= 0; i = request.next(i)) {
    const credentials = credentialsAt(request, i);
    if (credentials?.realm === realm) return credentials;
  }
  return null;
}

function credentialsAt(request: SipMessage, index: number): DigestCredentials | null {
  const { buf } = request;
  const start = request.valueStart(index);
  const end = request.valueEnd(index);
  if (!isDigest(buf, start, end)) return null;
  const value = (name: Buffer): string | null =>
    findAuthParameter(buf, start, end, name, found) ? found.text(buf) : null;
  const username = value(NAMES.username);
  const realm = value(NAMES.realm);
  const nonce = value(NAMES.nonce);
  const uri = value(NAMES.uri);
  const response = value(NAMES.response);
  if (username === null || realm === null || nonce === null) return null;
  if (uri === null || response === null) return null;
  return {
    username,
    realm,
    nonce,
    uri,
    response,
    algorithm: value(NAMES.algorithm) ?? 'MD5',
    qop: value(NAMES.qop) ?? '',
    nc: value(NAMES.nc) ?? '',
    cnonce: value(NAMES.cnonce) ?? '',
  };
}
