// Kafka over TLS with a client certificate and SCRAM, set in tandem.yaml as infra/kafka/README.md
// says: a real broker, `npm run ingest` alone, its embedded ClickHouse. What is set wrong is named
// in /readyz and raises the alarm; once it is set right, every call is there, once.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { openWriter } from '../engine/cdr/records.ts';
import { PemFiles } from '../engine/net/streams/pem-files.ts';
import { spoolCalls, useKafka } from '../ingest/kafka/kafka-fixture.ts';
import { IngestSite } from './ingest-site.ts';

const LIMIT = { timeout: 120_000 };
const authority = new PemFiles();
const stranger = new PemFiles();
const client = authority.issue('ingest', ['DNS:ingest.example.net']);
const keystore = authority.path('keystore.pem');
presentCertificateFor('IP:127.0.0.1');
const credentials = { user: 'tandem', password: 'right' };
const kafka = useKafka({ brokers: 1, credentials, tls: { keystore, truststore: authority.ca } });

/** What the broker shows from its next start on. */
function presentCertificateFor(name: string): void {
  const { certificate, key } = authority.issue('kafka-1', [name]);
  writeFileSync(keystore, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
}

/** An installation whose `ssl.ca.location` is a file of its own. */
class Site extends IngestSite {
  readonly ca = join(this.folder, 'ca.pem');
  readonly writer = openWriter(this.spool);

  constructor(t: TestContext, ca: string) {
    super(t);
    copyFileSync(ca, this.ca);
  }

  /** @param properties beside the right ones, or instead of them */
  connect(properties: Readonly<Record<string, string | undefined>> = {}): Promise<void> {
    const right = {
      'security.protocol': 'sasl_ssl',
      'ssl.ca.location': this.ca,
      'ssl.certificate.location': client.certificate,
      'ssl.key.location': client.key,
      'sasl.mechanisms': 'SCRAM-SHA-512',
      'sasl.username': credentials.user,
      'sasl.password': credentials.password,
    };
    const brokers = kafka.protectedAddresses;
    const topic = `tls.${this.folder.slice(-6)}`;
    return this.start({ kafka: { brokers, topic, properties: { ...right, ...properties } } });
  }
}

test(
  'records go through a broker that wants TLS, a certificate and SCRAM, once',
  LIMIT,
  async (t) => {
    const site = new Site(t, authority.ca);
    spoolCalls(site.writer, 0, 500);
    await site.connect();
    await site.holds(500);
    spoolCalls(site.writer, 500, 500);
    await site.holds(1000);
    assert.equal(await site.stop(), 0);
  },
);

test(
  'an authority that did not sign the broker is named; its file is put right',
  LIMIT,
  async (t) => {
    const site = new Site(t, stranger.ca);
    spoolCalls(site.writer, 0, 100);
    await site.connect();
    await site.problem(
      /no connection to .* of kafka-1, signed by Test Authority, is not trusted .*ca\.pem/,
    );
    // No restart: the file is read again with each try.
    copyFileSync(authority.ca, site.ca);
    spoolCalls(site.writer, 100, 100);
    await site.holds(200);
  },
);

test('a broker that comes back with a certificate of another name', LIMIT, async (t) => {
  const site = new Site(t, authority.ca);
  spoolCalls(site.writer, 0, 100);
  await site.connect();
  await site.holds(100);
  const [broker] = kafka.cluster!.brokers;
  presentCertificateFor('DNS:kafka-1.example.net');
  await broker!.stop();
  spoolCalls(site.writer, 100, 100);
  await broker!.start();
  await site.problem(
    /TDM_KAFKA_FAILED: .* is for DNS:kafka-1\.example\.net and not for 127\.0\.0\.1/,
  );
  presentCertificateFor('IP:127.0.0.1');
  await broker!.stop();
  await broker!.start();
  await site.holds(200);
});

test(
  'a wrong password, no client certificate, no TLS: each named, nothing lost',
  LIMIT,
  async (t) => {
    const site = new Site(t, authority.ca);
    spoolCalls(site.writer, 0, 100);
    const wrong = [
      [{ 'sasl.password': 'wrong' }, /SASL authentication error: .*invalid credentials/],
      [
        { 'ssl.certificate.location': undefined, 'ssl.key.location': undefined },
        /certificate.required/,
      ],
      [{ 'security.protocol': 'sasl_plaintext' }, /does it speak TLS\? See security\.protocol/],
      [
        { 'ssl.ca.location': '/nowhere/ca.pem' },
        /ssl\.ca\.location failed.*no such file.*nowhere\/ca\.pem/,
      ],
    ] as const;
    for (const [properties, message] of wrong) {
      await site.connect(properties);
      await site.problem(message);
      await site.stop();
    }
    await site.connect();
    await site.holds(100);
  },
);
