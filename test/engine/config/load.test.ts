// tandem.yaml: defaults, every key, and errors that name line, key, what is wrong, what is allowed.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { TandemError } from '../../../engine/base/errors.ts';
import { repositoryPath } from '../../../engine/base/paths.ts';
import { loadConfig } from '../../../engine/config/load.ts';
import { assertProblems, problemsOf, yamlFile } from './files.ts';

function problems(t: TestContext, text: string): string[] {
  return problemsOf(t, 'TDM_CONFIG_INVALID', loadConfig, text);
}

test('an empty file gives every default', (t) => {
  const path = yamlFile(t, '# nothing\n');
  const { shards, ...config } = loadConfig(path);
  assert.ok(shards >= 1 && shards <= 64);
  assert.deepEqual(config, {
    file: path,
    node: 'edge-1',
    dataDir: join(dirname(path), 'data'),
    io: 'auto',
    gatherMs: 20,
    udpSegmentation: true,
    digestAlgorithms: ['MD5'],
    maxRegistrations: 250_000,
    listen: [
      {
        transport: 'udp',
        url: 'udp://127.0.0.1:5060',
        host: '127.0.0.1',
        port: 5060,
        family: 4,
        advertise: null,
        tls: null,
      },
    ],
    streams: {
      connections: 10_000,
      connectionsPerSource: 200,
      messageSeconds: 10,
      idleSeconds: 3600,
      connectSeconds: 4,
      unsentBytes: 1 << 20,
    },
    dns: [],
    api: { url: 'http://127.0.0.1:8080', host: '127.0.0.1', port: 8080 },
    kafka: null,
    timezone: 'UTC',
    clickhouse: {
      kind: 'embedded',
      url: 'http://127.0.0.1:8123',
      host: '127.0.0.1',
      port: 8123,
      user: 'default',
      password: '',
      cluster: null,
      retentionDays: 730,
      attemptRetentionDays: 730,
      minuteRetentionDays: 190,
      rollupRetentionDays: 3650,
    },
    spool: {
      maxBytes: 50 * 2 ** 30,
      warnPercent: 80,
      minFreeBytes: 2 ** 30,
      keepBytes: 256 * 2 ** 20,
    },
    ingest: true,
    drainSeconds: 30,
    provision: join(dirname(path), 'provision.yaml'),
  });
});

test('without a path the sample configuration is read', () => {
  const config = loadConfig();
  assert.equal(config.file, repositoryPath('infra', 'samples', 'tandem.yaml'));
  assert.equal(config.dataDir, repositoryPath('data'));
  assert.equal(config.listen[0]?.port, 5060);
  assert.equal(config.gatherMs, 20);
});

test('every key given', (t) => {
  const path = yamlFile(
    t,
    `node: lon-2
data: /var/lib/tandem
shards: 4
io: portable
gatherMs: 2.5
udpSegmentation: false
maxRegistrations: 1000
digestAlgorithms: [SHA-256, MD5]
listen:
  - udp://192.0.2.1
  - { url: "udp://[2001:DB8::1]:5070" }
  - { url: "udp://0.0.0.0:5080", advertise: "sip.example.net:5060" }
api: http://localhost:0
kafka: "a.example:9093, [2001:db8::2]:9092, b"
clickhouse: https://tandem:p%40ss%3Aword@ch.example
ingest: false
drainSeconds: 0
provision: /etc/tandem/provision.yaml
`,
  );
  const config = loadConfig(path);
  assert.deepEqual(
    config.listen.map(({ url, family, advertise }) => [url, family, advertise]),
    [
      ['udp://192.0.2.1:5060', 4, null],
      ['udp://[2001:db8::1]:5070', 6, null],
      ['udp://0.0.0.0:5080', 4, { host: 'sip.example.net', port: 5060 }],
    ],
  );
  assert.deepEqual(config.api, { url: 'http://localhost:0', host: 'localhost', port: 0 });
  assert.deepEqual(config.kafka?.brokers, ['a.example:9093', '[2001:db8::2]:9092', 'b:9092']);
  assert.deepEqual(config.clickhouse, {
    kind: 'remote',
    url: 'https://ch.example:8443',
    host: 'ch.example',
    port: 8443,
    user: 'tandem',
    password: 'p@ss:word',
    cluster: null,
    retentionDays: 730,
    attemptRetentionDays: 730,
    minuteRetentionDays: 190,
    rollupRetentionDays: 3650,
  });
  assert.deepEqual(
    [config.node, config.dataDir, config.shards, config.io, config.ingest, config.drainSeconds],
    ['lon-2', '/var/lib/tandem', 4, 'portable', false, 0],
  );
  assert.equal(config.gatherMs, 2.5);
  assert.equal(config.udpSegmentation, false);
  assert.equal(config.maxRegistrations, 1000);
  assert.deepEqual(config.digestAlgorithms, ['SHA-256', 'MD5']);
  assert.equal(config.provision, '/etc/tandem/provision.yaml');
});

test('every problem is reported at once, each with its line', (t) => {
  const text = `node: "a b"
shrads: 2
shards: 0
io: turbo
listen:
  - udp://127.0.0.1:5060
  - url: sctp://192.0.2.1
    advertize: x
  - udp://127.0.0.1:5060
  - udp://0.0.0.0
api: localhost
kafka:
drainSeconds: "30"
clickhouse: mysql://x
`;
  assertProblems(problems(t, text), [
    ['1: node', '"a b"', '1 to 64 letters'],
    ['2: shrads', 'unknown key', 'did you mean "shards"?', 'drainSeconds'],
    ['3: shards', 'is 0', 'from 1 to 64'],
    ['4: io', '"turbo"', 'auto, native or portable'],
    ['7: listen[1]', 'IP:PORT'],
    ['8: listen[1].advertize', 'unknown key', '"advertise"'],
    ['9: listen[2]', 'listed twice'],
    ['10: listen[3]', 'advertise: 192.0.2.1'],
    ['11: api', 'http://HOST:PORT'],
    ['12: kafka', 'is empty', 'none, or'],
    ['13: drainSeconds', '"30"', '0 to 3600'],
    ['14: clickhouse', 'embedded://HOST:PORT'],
  ]);
});

test('gatherMs is a number of milliseconds from 0 to 20', (t) => {
  for (const good of [0, 0.5, 20]) {
    assert.equal(loadConfig(yamlFile(t, `gatherMs: ${good}\n`)).gatherMs, good);
  }
  for (const bad of ['-1', '20.1', '"10"', 'true', '.nan']) {
    const [problem, ...others] = problems(t, `gatherMs: ${bad}\n`);
    assert.ok(problem!.startsWith('1: gatherMs: '), problem);
    assert.ok(problem!.includes('milliseconds from 0 to 20'), problem);
    assert.deepEqual(others, []);
  }
});

test('text that is not YAML, or no map, or a key twice', (t) => {
  assertProblems(problems(t, 'node: a\nnode: b\n'), [['2', 'not valid YAML', 'unique']]);
  assertProblems(problems(t, 'node: [a\n'), [['2', 'not valid YAML']]);
  assertProblems(problems(t, '- node\n'), [['1', 'is a list', 'a map of settings']]);
});

test('a file that is not there is named', () => {
  assert.throws(
    () => loadConfig('/nonexistent/tandem.yaml'),
    (error) =>
      error instanceof TandemError && error.message.includes('/nonexistent/tandem.yaml cannot be'),
  );
});

test('clickhouse: a map has cluster and retention; the embedded one may have a password', (t) => {
  const map = `clickhouse:
  url: http://u:p@ch:8123
  cluster: core
  retentionDays: 365
  minuteRetentionDays: 0
`;
  const { clickhouse } = loadConfig(yamlFile(t, map));
  assert.deepEqual(
    [clickhouse.url, clickhouse.user, clickhouse.cluster, clickhouse.retentionDays],
    ['http://ch:8123', 'u', 'core', 365],
  );
  assert.deepEqual([clickhouse.minuteRetentionDays, clickhouse.attemptRetentionDays], [0, 730]);
  const embedded = loadConfig(yamlFile(t, 'clickhouse: embedded://carrier:secret@127.0.0.1:9\n'));
  assert.deepEqual(
    [embedded.clickhouse.kind, embedded.clickhouse.user, embedded.clickhouse.password],
    ['embedded', 'carrier', 'secret'],
  );
  const wrong = `clickhouse:
  cluster: core
  retentionDays: -1
  retention: 5
`;
  assertProblems(problems(t, wrong), [
    ['2: clickhouse.cluster', 'embedded ClickHouse is one node'],
    ['3: clickhouse.retentionDays', '0 for ever'],
    ['4: clickhouse.retention', 'unknown key'],
  ]);
});

test('kafka: every setting, and its defaults behind the short form', (t) => {
  const short = loadConfig(yamlFile(t, 'kafka: a:1,b\n')).kafka;
  assert.deepEqual(short, {
    brokers: ['a:1', 'b:9092'],
    topic: 'tandem.cdr',
    partitions: 3,
    replication: -1,
    create: true,
    compression: 'lz4',
    format: 'msgpack',
    consume: true,
    group: 'tandem-clickhouse',
    properties: {},
  });
  const text = `kafka:
  brokers: [a:1, "b"]
  topic: carrier.cdr
  partitions: 12
  replication: 3
  create: false
  compression: zstd
  format: json
  consume: false
  group: g
  properties: { security.protocol: sasl_ssl, sasl.username: u, linger.ms: 5 }
`;
  assert.deepEqual(loadConfig(yamlFile(t, text)).kafka, {
    brokers: ['a:1', 'b:9092'],
    topic: 'carrier.cdr',
    partitions: 12,
    replication: 3,
    create: false,
    compression: 'zstd',
    format: 'json',
    consume: false,
    group: 'g',
    properties: { 'security.protocol': 'sasl_ssl', 'sasl.username': 'u', 'linger.ms': 5 },
  });
  for (const none of ['kafka: none\n', 'kafka: { brokers: none }\n', 'kafka: {}\n']) {
    assert.equal(loadConfig(yamlFile(t, none)).kafka, null);
  }
});

test('kafka: every mistake is named with its line', (t) => {
  const text = `kafka:
  brokers: "a:b"
  topik: x
  partitions: 0
  replication: 0.5
  compression: rar
  format: xml
  properties:
    acks: 1
    ssl.ca.location: [x]
`;
  assertProblems(problems(t, text), [
    ['2: kafka.brokers', 'HOST:PORT'],
    ['3: kafka.topik', 'unknown key', '"topic"'],
    ['4: kafka.partitions', 'from 1 to 1000'],
    ['5: kafka.replication', 'copies'],
    ['6: kafka.compression', 'none, lz4, zstd, gzip, snappy'],
    ['7: kafka.format', 'msgpack, json'],
    ['9: kafka.properties.acks', 'exact delivery'],
    ['10: kafka.properties.ssl.ca.location', 'a text, a number'],
  ]);
});
