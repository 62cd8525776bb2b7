// The spool into a real broker: exact counts, order, keys; outages, wrong settings, what never
// goes.
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { unpack } from 'msgpackr';
import {
  KIND_ALIVE,
  KIND_ATTEMPT,
  KIND_CDR,
  KIND_START,
  SCHEMA_VERSION,
} from '../../../engine/cdr/schema.ts';
import type { KafkaTarget } from '../../../engine/config/kafka-settings.ts';
import { loadPosition, positionFile } from '../../../ingest/delivery-position.ts';
import type { IngestState } from '../../../ingest/ingest-state.ts';
import { newIngestState } from '../../../ingest/ingest-state.ts';
import { KafkaDelivery } from '../../../ingest/kafka/kafka-delivery.ts';
import {
  appendRecord,
  NODE,
  openWriter,
  sampleCdr,
  temporaryDirectory,
} from '../../engine/cdr/records.ts';
import {
  idsOf,
  keptLog,
  readTopic,
  spoolCalls,
  targetFor,
  until,
  useKafka,
} from './kafka-fixture.ts';

const CREDENTIALS = { user: 'tandem', password: 'right' };
const LIMIT = { timeout: 90_000 };
const kafka = useKafka({ brokers: 1, credentials: CREDENTIALS });

interface Running {
  readonly state: IngestState;
  readonly log: ReturnType<typeof keptLog>;
  /** Lets it deliver what is there. */
  readonly finish: () => Promise<boolean>;
  /** Ends it where it is. */
  readonly cut: () => Promise<boolean>;
}

function start(t: TestContext, directory: string, target: KafkaTarget): Running {
  const state = newIngestState();
  const log = keptLog();
  const { library } = kafka;
  const common = { library, target, directory, node: NODE, keepSegments: 1 };
  const delivery = new KafkaDelivery({ ...common, state, log });
  const stop = new AbortController();
  const abort = new AbortController();
  const done = delivery.run(stop.signal, abort.signal);
  t.after(async () => {
    stop.abort();
    abort.abort();
    await done;
  });
  return {
    ...{ state, log },
    finish: () => {
      stop.abort();
      return done;
    },
    cut: () => {
      stop.abort();
      abort.abort();
      return done;
    },
  };
}

/** Ids of the CDRs among msgpack messages, as they come. */
function cdrIds(messages: readonly { value: Buffer | null }[]): string[] {
  return messages
    .flatMap(({ value }) => unpack(value!) as [number, number, [string]][])
    .filter(([kind]) => kind === KIND_CDR)
    .map(([, , [id]]) => id);
}

test('every record of the spool is in the topic once, keyed by its call', LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  spoolCalls(openWriter(directory, { segmentBytes: 200_000 }), 0, 5000);
  const target = targetFor(kafka, { compression: 'lz4' });
  const { state, finish } = start(t, directory, target);
  assert.ok(await finish());
  // One for each call: the CDR, and before it the attempt that it does not say itself.
  assert.equal(state.kafka.produced, 5000);
  const messages = await readTopic(kafka, target.topic);
  assert.equal(messages.length, 5000);
  assert.deepEqual(cdrIds(messages).sort(), idsOf(5000));
  const answered = new Set(Array.from({ length: 2500 }, (_, n) => sampleCdr(2 * n).id));
  for (const { key, value } of messages) {
    const records = unpack(value!) as [number, number, [string]][];
    const id = key?.toString() ?? '';
    assert.deepEqual(
      records.map(([kind, , [first]]) => [kind, first]),
      (answered.has(id) ? [KIND_CDR] : [KIND_ATTEMPT, KIND_CDR]).map((kind) => [kind, id]),
    );
  }
  assert.equal(new Set(messages.map(({ partition }) => partition)).size, 3);
});

test('records written while it runs follow, and those of a later life too', LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const target = targetFor(kafka);
  const first = start(t, directory, target);
  spoolCalls(writer, 0, 100);
  await until('the first calls', () => first.state.kafka.produced === 100);
  spoolCalls(writer, 100, 100);
  assert.ok(await first.finish());
  spoolCalls(writer, 200, 100);
  assert.ok(await start(t, directory, target).finish());
  assert.deepEqual(cdrIds(await readTopic(kafka, target.topic)).sort(), idsOf(300));
});

test('a broker killed under load and started again has every record', LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const target = targetFor(kafka, { partitions: 1 });
  spoolCalls(writer, 0, 2000);
  const running = start(t, directory, target);
  await until('the first records', () => running.state.kafka.produced > 0);
  const [broker] = kafka.cluster!.brokers;
  spoolCalls(writer, 2000, 20_000);
  await broker!.stop('SIGKILL');
  spoolCalls(writer, 22_000, 2000);
  await until('the outage is told', () => !running.state.healthy);
  assert.match(running.state.lastError, /TDM_KAFKA_FAILED/);
  const { delivered } = loadPosition(positionFile(directory, NODE));
  assert.ok(delivered.offset < writer.position.offset, 'nothing counts as delivered meanwhile');
  const rss = process.memoryUsage.rss();
  spoolCalls(writer, 24_000, 20_000);
  await broker!.start();
  assert.ok(await running.finish());
  assert.ok(running.state.healthy);
  assert.ok(process.memoryUsage.rss() - rss < 200e6);
  const ids = cdrIds(await readTopic(kafka, target.topic));
  assert.deepEqual([...new Set(ids)].sort(), idsOf(44_000));
  // The idempotent producer repeats nothing within one life.
  assert.equal(ids.length, 44_000);
});

test('wrong credentials: told as such, nothing lost, right ones deliver', LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  spoolCalls(writer, 0, 10);
  const sasl = (password: string): KafkaTarget =>
    targetFor(
      { addresses: kafka.protectedAddresses },
      {
        topic: 'test.credentials',
        properties: {
          'security.protocol': 'sasl_plaintext',
          'sasl.mechanisms': 'PLAIN',
          'sasl.username': CREDENTIALS.user,
          'sasl.password': password,
        },
      },
    );
  const wrong = start(t, directory, sasl('wrong'));
  await until('the refusal', () => wrong.state.kafka.produceErrors > 0);
  assert.match(wrong.state.lastError, /TDM_KAFKA_FAILED: no connection to .*[Aa]uthentication/);
  assert.equal(wrong.state.healthy, false);
  assert.equal(await wrong.cut(), false);
  assert.deepEqual(loadPosition(positionFile(directory, NODE)).delivered.sequence, 0);
  assert.ok(await start(t, directory, sasl(CREDENTIALS.password)).finish());
  assert.deepEqual(cdrIds(await readTopic(kafka, 'test.credentials')).sort(), idsOf(10));
});

test('a missing topic that may not be created is named, and waited for', LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  spoolCalls(openWriter(directory), 0, 10);
  const target = targetFor(kafka, { create: false });
  const running = start(t, directory, target);
  await until('the refusal', () => running.state.kafka.produceErrors > 0);
  assert.ok(running.state.lastError.includes(`topic ${target.topic} does not exist`));
  assert.match(running.log.lines.join('\n'), /delivery is held up/);
  // Somebody creates it: no restart needed.
  assert.ok(await start(t, temporaryDirectory(t), { ...target, create: true }).finish());
  await until('the delivery', () => running.state.kafka.produced === 10);
  assert.ok(running.state.healthy);
  assert.ok(await running.finish());
});

test(
  'a full disk: told in words, the position stays, and goes on when there is room',
  LIMIT,
  async (t) => {
    const directory = temporaryDirectory(t);
    spoolCalls(openWriter(directory), 0, 10);
    // Where the position is written, the device that is always full.
    const temporary = `${positionFile(directory, NODE)}.new`;
    symlinkSync('/dev/full', temporary);
    const target = targetFor(kafka);
    const running = start(t, directory, target);
    await until('the refusal', () => running.state.kafka.produceErrors > 0);
    assert.match(running.state.lastError, /TDM_SPOOL_UNWRITABLE: .*: the disk is full \(ENOSPC\)/);
    assert.equal(running.state.healthy, false);
    assert.match(running.log.lines.join('\n'), /the disk is full/);
    assert.equal(loadPosition(positionFile(directory, NODE)).delivered.sequence, 0);
    unlinkSync(temporary);
    await until('the delivery', () => running.state.kafka.produced === 10);
    assert.ok(await running.finish());
    // What was sent before is sent again, under the same keys.
    assert.deepEqual([...new Set(cdrIds(await readTopic(kafka, target.topic)))].sort(), idsOf(10));
  },
);

test('a setting that librdkafka does not know is named', LIMIT, async (t) => {
  const target = targetFor(kafka, { properties: { 'fetch.sise': 1 } });
  const directory = temporaryDirectory(t);
  spoolCalls(openWriter(directory), 0, 1);
  const running = start(t, directory, target);
  await until('the refusal', () => running.state.kafka.produceErrors > 0);
  assert.match(running.state.lastError, /fetch\.sise/);
});

test('JSON, zstd: an object of columns; what it cannot say is set aside', LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const poison = Buffer.from('no record');
  spoolCalls(writer, 0, 5);
  assert.ok(appendRecord(writer, KIND_CDR, SCHEMA_VERSION, poison, 0, poison.length));
  spoolCalls(writer, 5, 5);
  const target = targetFor(kafka, { format: 'json', compression: 'zstd' });
  const { state, finish } = start(t, directory, target);
  assert.ok(await finish());
  assert.equal(state.malformedRecords, 1);
  const letters = readFileSync(join(directory, `${NODE}.dead-letter.ndjson`), 'utf8');
  assert.ok(letters.includes(poison.toString('base64')));
  const objects = (await readTopic(kafka, target.topic)).flatMap(
    ({ value }) => JSON.parse(value!.toString()) as Record<string, unknown>[],
  );
  const cdrs = objects.filter((object) => object['kind'] === 'cdr');
  assert.equal(objects.length, 20);
  assert.deepEqual(cdrs.map((cdr) => cdr['id']).sort(), idsOf(10));
  const { customerFee, startedAtMs } = sampleCdr(0);
  const [cdr] = cdrs.filter((one) => one['id'] === sampleCdr(0).id);
  assert.deepEqual([cdr?.['customer_fee'], cdr?.['started_at']], [customerFee, startedAtMs]);
});

test('the state of running calls stays home; a newer version goes as it is', LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  const payload = Buffer.from([0x91, 0x01]);
  const append = (kind: number, version: number): void => {
    assert.ok(appendRecord(writer, kind, version, payload, 0, payload.length));
  };
  append(KIND_START, 1);
  append(KIND_ALIVE, 1);
  append(KIND_CDR, SCHEMA_VERSION + 1);
  assert.ok(writer.commit());
  const target = targetFor(kafka);
  assert.ok(await start(t, directory, target).finish());
  const messages = await readTopic(kafka, target.topic);
  const records = messages.flatMap(({ value }) => unpack(value!) as unknown[]);
  assert.deepEqual(records, [[KIND_CDR, SCHEMA_VERSION + 1, [1]]]);
});

test('a kind of the future holds delivery up in front of it', LIMIT, async (t) => {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  spoolCalls(writer, 0, 3);
  const payload = Buffer.from([0x90]);
  assert.ok(appendRecord(writer, 99, 1, payload, 0, payload.length));
  spoolCalls(writer, 3, 3);
  const target = targetFor(kafka);
  const { state, finish } = start(t, directory, target);
  assert.equal(await finish(), false);
  assert.match(state.lastError, /TDM_SPOOL_FUTURE: kind 99/);
  assert.deepEqual(cdrIds(await readTopic(kafka, target.topic)).sort(), idsOf(3));
  const { delivered } = loadPosition(positionFile(directory, NODE));
  assert.ok(delivered.offset > 0 && delivered.offset < writer.position.offset);
});
