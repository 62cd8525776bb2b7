// A real broker for the tests of this folder, spools to deliver, and what is in a topic.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before } from 'node:test';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import { SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import type { SpoolWriter } from '../../../engine/cdr/spool-writer.ts';
import type { KafkaTarget } from '../../../engine/config/kafka-settings.ts';
import type { Cluster, ClusterOptions } from '../../../infra/kafka/cluster.ts';
import { startCluster } from '../../../infra/kafka/cluster.ts';
import type { KafkaLibrary, KafkaMessage } from '../../../ingest/kafka/rdkafka.ts';
import { loadKafkaLibrary } from '../../../ingest/kafka/rdkafka.ts';
import { appendRecord, encodeCall, sampleCdr } from '../../engine/cdr/records.ts';

export interface KafkaFixture {
  /** `host:port,host:port` */
  addresses: string;
  protectedAddresses: string;
  /** Ours to kill; a cluster given by KAFKA_BROKERS is not. */
  cluster: Cluster | undefined;
  library: KafkaLibrary;
}

/** Starts a cluster before the tests of a file and stops it after them. */
export function useKafka(options: Omit<ClusterOptions, 'dataDir'>, ownOnly = true): KafkaFixture {
  const fixture = {} as KafkaFixture;
  const dataDir = mkdtempSync(join(tmpdir(), 'tandem-kafka-'));
  before(async () => {
    fixture.library = await loadKafkaLibrary();
    const given = process.env['KAFKA_BROKERS'];
    if (given !== undefined && !ownOnly) {
      fixture.addresses = given;
      return;
    }
    const cluster = await startCluster({ ...options, dataDir });
    fixture.cluster = cluster;
    fixture.addresses = cluster.addresses;
    fixture.protectedAddresses = cluster.protectedAddresses;
  });
  after(async () => {
    await fixture.cluster?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return fixture;
}

/** Settings with a topic and a group of their own. */
export function targetFor(
  fixture: Pick<KafkaFixture, 'addresses'>,
  settings: Partial<KafkaTarget> = {},
): KafkaTarget {
  const name = randomBytes(6).toString('hex');
  return {
    brokers: fixture.addresses.split(','),
    topic: `test.${name}`,
    partitions: 3,
    replication: -1,
    create: true,
    compression: 'lz4',
    format: 'msgpack',
    consume: true,
    group: `group-${name}`,
    properties: {},
    ...settings,
  };
}

/** One attempt and one CDR for each of the calls `[first, first + count)`. */
export function spoolCalls(writer: SpoolWriter, first: number, count: number): void {
  const encoder = new RecordEncoder();
  const append = (kind: number): void => {
    assert.ok(appendRecord(writer, kind, SCHEMA_VERSION, encoder.bytes, 0, encoder.length));
  };
  for (let n = first; n < first + count; n++) {
    encodeCall(encoder, n, append);
    if (n % 50 === 0) assert.ok(writer.commit());
  }
  assert.ok(writer.commit());
}

export function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => sampleCdr(n).id).sort();
}

/** Everything that is in a topic by now: it reads until nothing came for a second. */
export async function readTopic(
  { library, addresses }: KafkaFixture,
  topic: string,
): Promise<KafkaMessage[]> {
  const consumer = new library.KafkaConsumer(
    {
      'metadata.broker.list': addresses,
      'group.id': `reader-${randomBytes(6).toString('hex')}`,
      'enable.auto.commit': false,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: 10_000 }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
  consumer.setDefaultConsumeTimeout(1000);
  consumer.subscribe([topic]);
  const messages: KafkaMessage[] = [];
  const deadline = performance.now() + 20_000;
  for (;;) {
    const more = await new Promise<readonly KafkaMessage[]>((resolve, reject) => {
      consumer.consume(10_000, (error, got) => {
        if (error) reject(error);
        else resolve(got);
      });
    });
    messages.push(...more);
    if (more.length === 0 && (messages.length > 0 || performance.now() > deadline)) break;
  }
  await new Promise<void>((resolve) => {
    consumer.disconnect(resolve);
  });
  return messages;
}

/** Resolves when `ready` says so. @throws AssertionError after `limitMs` */
export async function until(what: string, ready: () => boolean, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!ready()) {
    assert.ok(performance.now() < deadline, `${what}: not within ${limitMs} ms`);
    await delay(20);
  }
}

/** An ingest log that keeps what it is told. */
export function keptLog(): {
  lines: string[];
  info: () => void;
  warn: (figures: object, text: string) => void;
  error: (figures: object, text: string) => void;
} {
  const lines: string[] = [];
  const keep = (figures: object, text: string): void => {
    lines.push(`${text} ${JSON.stringify(figures)}`);
  };
  return { lines, info: () => undefined, warn: keep, error: keep };
}
