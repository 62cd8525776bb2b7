// tandem.yaml: tcp:// and tls:// addresses, certificates, limits of connections, name servers.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../../engine/config/load.ts';
import { assertProblems, problemsOf, yamlFile } from './files.ts';

function problems(t: TestContext, text: string): string[] {
  return problemsOf(t, 'TDM_CONFIG_INVALID', loadConfig, text);
}

test('addresses of all transports, those of UDP first, default ports, paths from the file', (t) => {
  const path = yamlFile(
    t,
    `listen:
  - url: tls://192.0.2.1
    certificate: a.pem
    key: /etc/a.key
    certificates: [{ certificate: b.pem, key: b.key }]
    ca: ca.pem
    clientCertificates: require
  - tcp://[2001:db8::1]
  - udp://192.0.2.1
`,
  );
  const folder = dirname(path);
  const { listen } = loadConfig(path);
  assert.deepEqual(
    listen.map(({ url }) => url),
    ['udp://192.0.2.1:5060', 'tls://192.0.2.1:5061', 'tcp://[2001:db8::1]:5060'],
  );
  assert.deepEqual(
    listen.map(({ tls }) => tls),
    [
      null,
      {
        pairs: [
          { certificate: join(folder, 'a.pem'), key: '/etc/a.key' },
          { certificate: join(folder, 'b.pem'), key: join(folder, 'b.key') },
        ],
        ca: join(folder, 'ca.pem'),
        clientCertificates: 'require',
      },
      null,
    ],
  );
});

test('limits of connections and name servers', (t) => {
  const { streams, dns } = loadConfig(
    yamlFile(t, 'streams: { connectionsPerSource: 5 }\ndns: [192.0.2.53, "[2001:db8::53]:5353"]\n'),
  );
  assert.equal(streams.connectionsPerSource, 5);
  assert.equal(streams.connections, 10_000);
  assert.deepEqual(dns, ['192.0.2.53', '[2001:db8::53]:5353']);
});

test('what is wrong is named with its line', (t) => {
  const text = `listen:
  - sctp://192.0.2.1
  - tls://192.0.2.1
  - { url: tls://192.0.2.2, certificate: a.pem }
  - { url: tcp://192.0.2.3, key: a.key }
  - { url: udp://192.0.2.4, clientCertificates: maybe }
dns: [ns.example.net]
`;
  assertProblems(problems(t, text), [
    ['2: listen[0]', 'udp://, tcp:// or tls://'],
    ['3: listen[1]', 'certificate is missing'],
    ['4: listen[2]', 'key is missing'],
    ['5: listen[3].key', 'tls:// addresses only'],
    ['6: listen[4].clientCertificates', 'none, request, require'],
    ['7: dns[0]', 'IP address', 'ns.example.net'],
  ]);
});
