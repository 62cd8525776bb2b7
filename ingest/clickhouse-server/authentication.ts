// Who may ask: one user with one password, given by URL, by X-ClickHouse headers or by basic auth.
// ClickHouse documentation, "HTTP Interface", authentication.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ServerException } from './server-exception.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

interface Presented extends Credentials {
  readonly by: 'headers' | 'basic' | 'url' | 'nothing';
}

function fromBasic(header: string): Presented {
  const [, encoded] = /^Basic\s+(\S+)$/i.exec(header) ?? [];
  if (encoded === undefined) {
    const message = "Invalid authentication: 'Authorization' HTTP header has an unknown scheme";
    throw new ServerException(message, 'AUTHENTICATION_FAILED');
  }
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  return { by: 'basic', user, password: colon < 0 ? '' : text.slice(colon + 1) };
}

function presented(request: IncomingMessage, parameters: URLSearchParams): Presented {
  const user = request.headers['x-clickhouse-user'];
  const key = request.headers['x-clickhouse-key'];
  const basic = request.headers.authorization;
  const inUrl = parameters.has('user') || parameters.has('password');
  const inHeaders = user !== undefined || key !== undefined;
  if (Number(inHeaders) + Number(inUrl) + Number(basic !== undefined) > 1) {
    const message =
      'Invalid authentication: give credentials in one way only: ' +
      'X-ClickHouse HTTP headers, Authorization HTTP header or URL parameters';
    throw new ServerException(message, 'AUTHENTICATION_FAILED');
  }
  if (inHeaders) {
    const name = typeof user === 'string' && user !== '' ? user : 'default';
    return { by: 'headers', user: name, password: typeof key === 'string' ? key : '' };
  }
  if (basic !== undefined) return fromBasic(basic);
  const name = parameters.get('user') ?? '';
  return {
    by: inUrl ? 'url' : 'nothing',
    user: name === '' ? 'default' : name,
    password: parameters.get('password') ?? '',
  };
}

/** Compares in a time that does not depend on where the texts differ. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** @returns undefined when the request may go on, else why, and whether to ask for basic auth */
export function refuseAccess(
  request: IncomingMessage,
  parameters: URLSearchParams,
  allowed: Credentials,
): { exception: ServerException; askBasic: boolean } | undefined {
  let given: Presented;
  try {
    given = presented(request, parameters);
  } catch (error) {
    if (error instanceof ServerException) return { exception: error, askBasic: false };
    throw error;
  }
  const userOk = same(given.user, allowed.user);
  const passwordOk = same(given.password, allowed.password);
  if (userOk && passwordOk) return undefined;
  const message =
    `${given.user}: Authentication failed: password is incorrect, ` +
    'or there is no user with such name';
  const exception = new ServerException(message, 'AUTHENTICATION_FAILED');
  return { exception, askBasic: given.by === 'basic' || given.by === 'nothing' };
}
