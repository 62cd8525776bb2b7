// Kafka over TLS with a client certificate and SCRAM, set in tandem.yaml as infra/kafka/README.md
// says: a real broker, `npm run ingest` alone, its embedded ClickHouse. What is set wrong is named
// in /readyz and raises the alarm; once it is set right, every call is there, once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { endChild } from '../../bench/calls/child-end.ts';
import { select, sumMetric } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import type { SpoolWriter } from '../../engine/cdr/spool-writer.ts';
import { freeTcpPort } from '../../infra/free-port.ts';
import { NODE, openWriter, temporaryDirectory } from '../engine/cdr/records.ts';
import { PemFiles } from '../engine/net/streams/pem-files.ts';
import { spoolCalls, useKafka } from '../ingest/kafka/kafka-fixture.ts';

const LIMIT = { timeout: 120_000 };
const PATIENCE_MS = 30_000;
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

/** An installation with a spool, and its ingest process. */
class Site {
  /** Where `ssl.ca.location` points. */
  readonly ca: string;
  readonly writer: SpoolWriter;
  readonly #t: TestContext;
  readonly #folder: string;
  #api = '';
  #clickhouse = '';
  #stop: () => Promise<number> = () => Promise.resolve(0);

  constructor(t: TestContext, ca: string) {
    this.#t = t;
    this.#folder = temporaryDirectory(t);
    const spool = join(this.#folder, 'data', 'spool');
    mkdirSync(spool, { recursive: true });
    this.writer = openWriter(spool);
    this.ca = join(this.#folder, 'ca.pem');
    copyFileSync(ca, this.ca);
  }

  /** @param properties beside the right ones, or instead of them */
  async start(properties: Readonly<Record<string, string | undefined>> = {}): Promise<void> {
    const [api, clickhouse] = [await freeTcpPort(), await freeTcpPort()];
    this.#api = `http://127.0.0.1:${api}`;
    this.#clickhouse = `http://127.0.0.1:${clickhouse}`;
    const right = {
      'security.protocol': 'sasl_ssl',
      'ssl.ca.location': this.ca,
      'ssl.certificate.location': client.certificate,
      'ssl.key.location': client.key,
      'sasl.mechanisms': 'SCRAM-SHA-512',
      'sasl.username': credentials.user,
      'sasl.password': credentials.password,
    };
    const config = {
      node: NODE,
      data: './data',
      drainSeconds: 1,
      api: this.#api,
      clickhouse: `embedded://127.0.0.1:${clickhouse}`,
      kafka: {
        brokers: kafka.protectedAddresses,
        topic: `tls.${this.#folder.slice(-6)}`,
        properties: { ...right, ...properties },
      },
    };
    const file = join(this.#folder, 'tandem.yaml');
    writeFileSync(file, JSON.stringify(config));
    this.#run(file);
    const up = async (): Promise<true | undefined> =>
      (await fetch(`${this.#api}/healthz`)).ok ? true : undefined;
    assert.ok(await until(up, PATIENCE_MS), 'ingest has no status');
  }

  #run(file: string): void {
    const main = repositoryPath('dist/ingest/main.js');
    const words = ['--enable-source-maps', main, '--config', file];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const log: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
    const ended = once(child, 'exit');
    this.#stop = async () => {
      const code = await endChild(child, PATIENCE_MS);
      await ended;
      return code;
    };
    this.#t.after(async () => {
      await this.#stop();
      this.#t.diagnostic(log.slice(-20).join('\n'));
    });
  }

  /** SIGTERM: it gives up what cannot be delivered. */
  stop(): Promise<number> {
    return this.#stop();
  }

  /** Waits until /readyz says why records do not get on, and the alarm is raised. */
  async problem(pattern: RegExp): Promise<void> {
    let said = '';
    const told = await until(async () => {
      said = await (await fetch(`${this.#api}/readyz`)).text();
      return pattern.test(said) ? true : undefined;
    }, PATIENCE_MS);
    assert.ok(told, `${pattern} is not what /readyz says: ${said}`);
    assert.equal(await this.#metric('tandem_ingest_held_up'), 1);
  }

  /** Waits until `count` calls are in ClickHouse, each once, and nothing is wrong any more. */
  async holds(count: number): Promise<void> {
    const sql = 'SELECT count() AS calls, uniqExact(id) AS ids FROM tandem.cdr';
    let row: unknown;
    const there = await until(async () => {
      const [found] = await select<{ ids: number }>(this.#clickhouse, sql);
      row = found;
      return found !== undefined && found.ids >= count ? true : undefined;
    }, PATIENCE_MS);
    assert.ok(there, `not all of ${count} calls: ${JSON.stringify(row)}`);
    assert.deepEqual(row, { calls: count, ids: count });
    const calm = async (): Promise<true | undefined> =>
      (await this.#metric('tandem_ingest_held_up')) === 0 ? true : undefined;
    assert.ok(await until(calm, PATIENCE_MS), 'the alarm stays');
  }

  async #metric(name: string): Promise<number | undefined> {
    return sumMetric(await (await fetch(`${this.#api}/metrics`)).text(), name);
  }
}

test(
  'records go through a broker that wants TLS, a certificate and SCRAM, once',
  LIMIT,
  async (t) => {
    const site = new Site(t, authority.ca);
    spoolCalls(site.writer, 0, 500);
    await site.start();
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
    await site.start();
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
  await site.start();
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
      await site.start(properties);
      await site.problem(message);
      await site.stop();
    }
    await site.start();
    await site.holds(100);
  },
);
