// Certificates for tests, made by openssl: an authority, and certificates that it has signed. They
// are gone when the process ends.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyPair } from '../../../../engine/net/streams/certificates.ts';

export class PemFiles {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'tandem-pem-'));
  /** Path of the authority's certificate. */
  readonly ca: string;

  constructor() {
    process.once('exit', () => rmSync(this.folder, { recursive: true, force: true }));
    this.ca = this.path('ca.pem');
    this.#openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '30', '-subj', '/CN=Test Authority', '-keyout', this.path('ca.key')],
      ...['-out', this.ca, '-addext', 'basicConstraints=critical,CA:TRUE'],
    );
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** @param names as subjectAltName: `DNS:a.example.net`, `IP:127.0.0.1`, `URI:sip:...` */
  issue(
    name: string,
    names: readonly string[],
    more: readonly string[] = ['-days', '60'],
  ): KeyPair {
    const pair = { certificate: this.path(`${name}.pem`), key: this.path(`${name}.key`) };
    const request = this.path(`${name}.csr`);
    this.#openssl(
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-subj', `/CN=${name}`, '-keyout', pair.key, '-out', request],
    );
    const extensions = this.path(`${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${names.join(',')}\n`);
    this.#openssl(
      ...['x509', '-req', '-in', request, '-CA', this.ca, '-CAkey', this.path('ca.key')],
      ...['-CAcreateserial', '-extfile', extensions, '-out', pair.certificate, ...more],
    );
    return pair;
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}
