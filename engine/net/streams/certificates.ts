// Certificates from PEM files: read, checked against their keys, chosen by the name that a client
// asks for (SNI, RFC 6066 3), and read again when the files change. Connections that stand keep
// what they began with.
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { TandemError } from '../../base/errors.ts';

/** Paths of PEM files. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** TLS of a listen address. */
export interface ListenTls {
  /** The first is for clients that ask for no name, or for one that none is for. */
  readonly pairs: readonly KeyPair[];
  /** Path of the authorities that client certificates are checked against; empty: the system's. */
  readonly ca: string;
  readonly clientCertificates: 'none' | 'request' | 'require';
}

/** TLS towards a peer: what its certificate is checked against, what we show. */
export interface PeerTls {
  /** Empty: the address. */
  readonly serverName: string;
  /** Path; empty: the system's authorities. */
  readonly ca: string;
  readonly verify: boolean;
  /** Null: that of the listen address that the connection leaves from. */
  readonly pair: KeyPair | null;
}

interface Loaded {
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
  readonly certificate: X509Certificate;
}

const MIN_VERSION = 'TLSv1.2';
const SOON_MS = 14 * 24 * 3600 * 1000;

function fail(what: string, file: string, why: string): TandemError {
  return new TandemError('TDM_TLS_INVALID', `${what} ${file}: ${why}`);
}

function read(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : message;
    throw fail(what, file, code === 'EACCES' ? 'this user may not read it' : why);
  }
}

/** @throws TandemError TDM_TLS_INVALID naming the file and what is wrong with it */
function load(pair: KeyPair, ca: string): Loaded {
  const cert = read('certificate', pair.certificate);
  const key = read('key', pair.key);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    throw fail('certificate', pair.certificate, 'holds no certificate in PEM form');
  }
  const options: SecureContextOptions = { cert, key, minVersion: MIN_VERSION, ...authorities(ca) };
  try {
    return { options, context: createSecureContext(options), certificate };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const other = code.includes('KEY_VALUES_MISMATCH');
    const why = other ? `is not the key of ${pair.certificate}` : `cannot be used: ${message}`;
    throw fail('key', pair.key, why);
  }
}

function authorities(ca: string): SecureContextOptions {
  if (ca === '') return {};
  const pem = read('authorities', ca);
  try {
    new X509Certificate(pem);
  } catch {
    throw fail('authorities', ca, 'holds no certificate in PEM form');
  }
  return { ca: pem };
}

/** What the operator should know of a certificate that can be used all the same. */
function datesOf({ certificate }: Loaded, file: string, wallMs: number): string[] {
  const until = Date.parse(certificate.validTo);
  if (until < wallMs) return [`certificate ${file} expired on ${certificate.validTo}`];
  if (until < wallMs + SOON_MS) return [`certificate ${file} expires on ${certificate.validTo}`];
  if (Date.parse(certificate.validFrom) <= wallMs) return [];
  return [`certificate ${file} is not valid before ${certificate.validFrom}`];
}

/** The state of files, as text: another one when any of them was written or replaced. */
function stamp(files: readonly string[]): string {
  return files
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? '-' : `${stat.ino}/${stat.size}/${stat.mtimeMs}`;
    })
    .join(' ');
}

/** The certificates of one listen address. */
export class ListenCertificates {
  readonly tls: ListenTls;
  #loaded: readonly Loaded[];
  #stamp: string;

  /** @throws TandemError TDM_TLS_INVALID */
  constructor(tls: ListenTls) {
    this.tls = tls;
    this.#stamp = stamp(this.#files);
    this.#loaded = this.#load();
  }

  /** True when a file is another one than when it was last read. */
  get changed(): boolean {
    return stamp(this.#files) !== this.#stamp;
  }

  /** Reads the files again; when that fails what was read before stays. @throws TandemError */
  reload(): void {
    this.#stamp = stamp(this.#files);
    this.#loaded = this.#load();
  }

  warnings(wallMs: number): string[] {
    return this.#loaded.flatMap((loaded, i) => {
      return datesOf(loaded, this.tls.pairs[i]!.certificate, wallMs);
    });
  }

  contextFor(serverName: string): SecureContext {
    const named = this.#loaded.find(({ certificate }) => {
      return certificate.checkHost(serverName) !== undefined;
    });
    return (named ?? this.#loaded[0]!).context;
  }

  /** For clients that ask for no name. */
  get options(): SecureContextOptions {
    return this.#loaded[0]!.options;
  }

  get #files(): string[] {
    const files = this.tls.pairs.flatMap(({ certificate, key }) => [certificate, key]);
    return this.tls.ca === '' ? files : [...files, this.tls.ca];
  }

  #load(): Loaded[] {
    return this.tls.pairs.map((pair) => load(pair, this.tls.ca));
  }
}

/** Contexts of connections that we open; read anew whenever peers are set or files reloaded. */
export function peerContext(peer: PeerTls, own: KeyPair | undefined): SecureContext {
  const pair = peer.pair ?? own;
  if (pair !== undefined) return load(pair, peer.ca).context;
  return createSecureContext({ minVersion: MIN_VERSION, ...authorities(peer.ca) });
}
