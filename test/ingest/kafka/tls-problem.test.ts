// What an operator reads when TLS to a broker fails: a server with each kind of certificate, and
// the words of librdkafka for it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import type { KeyPair } from '../../../engine/net/streams/certificates.ts';
import { freeTcpPort } from '../../../infra/free-port.ts';
import { explainTls } from '../../../ingest/kafka/tls-problem.ts';
import { PemFiles } from '../../engine/net/streams/pem-files.ts';

const ours = new PemFiles();
const stranger = new PemFiles();
const client = ours.issue('ingest', ['DNS:ingest.example.net']);

/** A broker as far as TLS goes. Its port. */
async function serve(
  t: TestContext,
  { certificate, key }: KeyPair,
  requestCert = true,
): Promise<number> {
  const server = createServer({
    cert: readFileSync(certificate),
    key: readFileSync(key),
    ca: readFileSync(ours.ca),
    requestCert,
    maxVersion: 'TLSv1.2',
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function refusal(port: number): string {
  return (
    `sasl_ssl://127.0.0.1:${port}/bootstrap: SSL handshake failed: error:0A000086:SSL routines::` +
    'certificate verify failed: broker certificate could not be verified, verify that ' +
    'ssl.ca.location is correctly configured (after 3ms in state SSL_HANDSHAKE)'
  );
}

function settings(ca: string): Record<string, string> {
  const { certificate, key } = client;
  return {
    'ssl.ca.location': ca,
    'ssl.certificate.location': certificate,
    'ssl.key.location': key,
  };
}

test('a wrong authority, a wrong name, an expired certificate are told apart', async (t) => {
  const right = await serve(t, ours.issue('kafka-1', ['IP:127.0.0.1']));
  const other = await serve(t, ours.issue('kafka-2', ['DNS:kafka-2.example.net']));
  const old = await serve(t, ours.issue('kafka-3', ['IP:127.0.0.1'], ['-days', '-1']));
  const explain = (port: number, ca: string): Promise<string> =>
    explainTls(refusal(port), settings(ca));
  assert.equal(
    await explain(right, stranger.ca),
    `sasl_ssl://127.0.0.1:${right}: the certificate of kafka-1, signed by Test Authority, is not ` +
      `trusted (SELF_SIGNED_CERT_IN_CHAIN); ssl.ca.location is ${stranger.ca}`,
  );
  assert.equal(
    await explain(other, ours.ca),
    `sasl_ssl://127.0.0.1:${other}: the certificate of kafka-2, signed by Test Authority, is for ` +
      'DNS:kafka-2.example.net and not for 127.0.0.1',
  );
  assert.match(
    await explain(old, ours.ca),
    /: the certificate of kafka-3, signed by Test Authority, has expired on \w+ +\d+ /,
  );
  // Nothing wrong that could be seen: librdkafka's own words stay.
  assert.equal(await explain(right, ours.ca), refusal(right));
});

test('authorities as text, or none', async (t) => {
  const port = await serve(t, ours.issue('kafka-1', ['IP:127.0.0.1']), false);
  const text = readFileSync(stranger.ca, 'utf8');
  const explain = (given: Record<string, string>): Promise<string> =>
    explainTls(refusal(port), given);
  assert.match(
    await explain({ 'ssl.ca.pem': text }),
    /is not trusted .*ssl\.ca\.location is not set/,
  );
  assert.match(await explain({}), /is not trusted .*ssl\.ca\.location is not set/);
});

test('a file that cannot be used is named with the reason', async () => {
  const reason = 'ssl.ca.location failed: error:05880002:x509 certificate routines::system lib';
  const explain = (path: string): Promise<string> =>
    explainTls(reason, { 'ssl.ca.location': path });
  assert.match(await explain('/nowhere/ca.pem'), /ENOENT: no such file or directory.*nowhere\/ca/);
  assert.match(await explain(client.key), /ingest\.key holds no PEM that fits/);
});

test('a broker that hangs up on plain text may speak TLS', async () => {
  const reason =
    'sasl_plaintext://127.0.0.1:9093/bootstrap: Disconnected: connection closed by peer: receive ' +
    '0 after POLLIN (after 1ms in state APIVERSION_QUERY)';
  assert.equal(await explainTls(reason, {}), `${reason}: does it speak TLS? See security.protocol`);
});

test('what is no matter of certificates, or cannot be looked at, stays as it is', async () => {
  const other = 'sasl_ssl://127.0.0.1:9093/1: SASL authentication error: invalid credentials';
  assert.equal(await explainTls(other, settings(ours.ca)), other);
  const nobody = refusal(await freeTcpPort());
  assert.equal(await explainTls(nobody, settings(ours.ca)), nobody);
  assert.equal(await explainTls(nobody, settings('/nowhere/ca.pem')), nobody);
});
