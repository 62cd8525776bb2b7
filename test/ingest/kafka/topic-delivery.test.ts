// A real topic into ClickHouse's place: tokens that name the same rows whatever dies, members that
// share the partitions, poison and records of the future, ClickHouse away.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { KIND_CDR, SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import type { KafkaTarget } from '../../../engine/config/kafka-settings.ts';
import type { RowBatch } from '../../../ingest/clickhouse-writer.ts';
import type { IngestState } from '../../../ingest/ingest-state.ts';
import { newIngestState } from '../../../ingest/ingest-state.ts';
import { KafkaDelivery } from '../../../ingest/kafka/kafka-delivery.ts';
import { RecordProducer } from '../../../ingest/kafka/record-producer.ts';
import { TopicDelivery } from '../../../ingest/kafka/topic-delivery.ts';
import { NODE, openWriter, temporaryDirectory } from '../../engine/cdr/records.ts';
import { cdrIdsOf, contentOf } from '../row-blocks.ts';
import {
  idsOf,
  keptLog,
  readTopic,
  spoolCalls,
  targetFor,
  until,
  useKafka,
} from './kafka-fixture.ts';

const LIMIT = { timeout: 90_000 };
const kafka = useKafka({ brokers: 1 }, false);

/** ClickHouse as far as delivery sees it: a token counts once, whatever comes with it. */
class Tables {
  readonly tokens = new Map<string, RowBatch>();
  repeats = 0;
  /** False: nothing comes back before the signal aborts. */
  up = true;
  /** Inserts of which nobody hears that they came to pass. */
  silentInserts = 0;

  async write(batch: RowBatch, signal: AbortSignal): Promise<boolean> {
    while (!this.up && !signal.aborted) await delay(10);
    if (signal.aborted) return false;
    const known = this.tokens.get(batch.token);
    if (known !== undefined) {
      this.repeats++;
      assert.deepEqual(contentOf(batch), contentOf(known), 'a token must name the same rows');
    }
    this.tokens.set(batch.token, batch);
    if (this.silentInserts > 0) {
      this.silentInserts--;
      throw new Error('killed after the insert');
    }
    return true;
  }

  ids(): unknown[] {
    return [...this.tokens.values()].flatMap(cdrIdsOf).sort();
  }
}

interface Member {
  readonly state: IngestState;
  readonly log: ReturnType<typeof keptLog>;
  readonly stop: () => Promise<unknown>;
}

const LIMITS = { batchMessages: 500, batchAgeMs: 100, backlogAgeMs: 500 };
const MOST_BUFFERED = 2000;

/** @param directory names the member: one that comes back gets its partitions at once */
function join(
  t: TestContext,
  target: KafkaTarget,
  tables: Tables,
  directory = temporaryDirectory(t),
): Member {
  const state = newIngestState();
  const log = keptLog();
  const { library } = kafka;
  const common = { library, target, directory, limits: LIMITS, mostBuffered: MOST_BUFFERED };
  const delivery = new TopicDelivery({ ...common, writer: tables, state, log });
  const stop = new AbortController();
  const abort = new AbortController();
  const done = delivery.run(stop.signal, abort.signal);
  const end = (): Promise<unknown> => {
    stop.abort();
    abort.abort();
    return done;
  };
  t.after(end);
  return { state, log, stop: end };
}

/** Brings calls `[0, count)` into the topic. */
async function produce(t: TestContext, target: KafkaTarget, count: number): Promise<void> {
  const directory = temporaryDirectory(t);
  spoolCalls(openWriter(directory), 0, count);
  const { library } = kafka;
  const common = { library, target, directory, node: NODE, keepSegments: 1 };
  const delivery = new KafkaDelivery({ ...common, state: newIngestState(), log: keptLog() });
  const stop = new AbortController();
  stop.abort();
  assert.ok(await delivery.run(stop.signal, new AbortController().signal));
}

async function send(target: KafkaTarget, values: readonly (Buffer | string)[]): Promise<void> {
  const producer = await RecordProducer.open(kafka.library, target, target.topic);
  for (const value of values) assert.ok(producer.send(Buffer.from(value), 'key'));
  const never = new AbortController().signal;
  assert.ok(await producer.delivered(never, () => undefined));
  await producer.close();
}

test('every record of the topic is inserted once, in batches by partition', LIMIT, async (t) => {
  const target = targetFor(kafka);
  const tables = new Tables();
  const directory = temporaryDirectory(t);
  await produce(t, target, 3000);
  const { state, stop } = join(t, target, tables, directory);
  await until('all', () => state.kafka.consumed === 3000);
  await stop();
  assert.deepEqual(tables.ids(), idsOf(3000));
  const shape = new RegExp(`^${target.topic}:[012]:\\d+-\\d+@\\d{13}$`);
  for (const token of tables.tokens.keys()) assert.match(token, shape);
  assert.equal(tables.repeats, 0);
  // A later life finds nothing to do.
  const later = join(t, target, tables, directory);
  await until('the partitions', () => later.state.kafka.partitions === 3);
  await produce(t, target, 10);
  await until('the rest', () => later.state.kafka.consumed === 10);
  assert.equal(tables.repeats, 0);
});

test('an insert that nobody heard of is repeated under its token', LIMIT, async (t) => {
  const target = targetFor(kafka, { partitions: 2 });
  const tables = new Tables();
  tables.silentInserts = 3;
  await produce(t, target, 1000);
  const { state } = join(t, target, tables);
  await until('all', () => state.kafka.consumed === 1000);
  assert.equal(tables.repeats, 3);
  assert.equal(state.kafka.consumeErrors, 3);
  assert.deepEqual(tables.ids(), idsOf(1000));
});

test('members that come and go under load double nothing and skip nothing', LIMIT, async (t) => {
  const target = targetFor(kafka, { partitions: 4 });
  const tables = new Tables();
  await produce(t, target, 500);
  const first = join(t, target, tables);
  await until('the first partitions', () => first.state.kafka.partitions === 4);
  const second = join(t, target, tables);
  await produce(t, target, 4000);
  await until('a shared topic', () => {
    return second.state.kafka.partitions === 2 && first.state.kafka.partitions === 2;
  });
  const third = join(t, target, tables);
  await produce(t, target, 6000);
  await first.stop();
  await until('the first one’s partitions', () => {
    return second.state.kafka.partitions + third.state.kafka.partitions === 4;
  });
  await until('all', () => tables.ids().length >= 500 + 4000 + 6000);
  // Each produce() repeats the calls of the one before it, which are records of their own here.
  const expected = [...idsOf(500), ...idsOf(4000), ...idsOf(6000)].sort();
  assert.deepEqual(tables.ids(), expected);
});

test('ClickHouse away: it waits in the group, holds little, and goes on', LIMIT, async (t) => {
  const target = targetFor(kafka, {
    partitions: 1,
    properties: { 'max.poll.interval.ms': 6000, 'session.timeout.ms': 6000 },
  });
  const tables = new Tables();
  tables.up = false;
  await produce(t, target, 10_000);
  const { state } = join(t, target, tables);
  await until('the partition', () => state.kafka.lagMessages === 10_000);
  // Longer than the group waits for a member that does not poll.
  await delay(8000);
  assert.equal(state.kafka.partitions, 1);
  assert.equal(state.kafka.consumed, 0);
  const { bufferedMessages } = state.kafka;
  assert.ok(bufferedMessages >= MOST_BUFFERED && bufferedMessages < 2 * MOST_BUFFERED + 2000);
  tables.up = true;
  await until('all', () => state.kafka.consumed === 10_000);
  assert.deepEqual(tables.ids(), idsOf(10_000));
  await until('no lag', () => state.kafka.lagMessages === 0);
});

test('a poison message goes to the dead-letter topic with reason and place', LIMIT, async (t) => {
  const target = targetFor(kafka, { partitions: 1 });
  const tables = new Tables();
  await send(target, ['poison']);
  await produce(t, target, 10);
  const { state, log } = join(t, target, tables);
  await until('all', () => state.kafka.consumed === 11);
  assert.deepEqual(tables.ids(), idsOf(10));
  assert.equal(state.kafka.deadLetters, 1);
  assert.match(log.lines.join('\n'), /set aside in the dead-letter topic/);
  const letters = await readTopic(kafka, `${target.topic}.dead-letter`);
  const [letter] = letters as unknown as { value: Buffer; headers: Record<string, Buffer>[] }[];
  assert.equal(letter?.value.toString(), 'poison');
  const headers = Object.assign({}, ...letter.headers) as Record<string, Buffer>;
  assert.match(String(headers['reason']), /msgpack/);
  assert.deepEqual(
    [String(headers['topic']), String(headers['partition']), String(headers['offset'])],
    [target.topic, '0', '0'],
  );
});

test('a newer record holds its partition, the others go on, nothing is lost', LIMIT, async (t) => {
  const target = targetFor(kafka, { partitions: 3 });
  const tables = new Tables();
  await produce(t, target, 300);
  await send(target, [Buffer.from([0x91, 0x93, KIND_CDR, SCHEMA_VERSION + 1, 0x90])]);
  await produce(t, target, 300);
  const { state, log } = join(t, target, tables);
  await until('the hold', () => state.kafka.heldPartitions === 1);
  await until('the other partitions', () => state.kafka.consumed > 300);
  await until('only the held', () => state.lastError.includes('TDM_KAFKA_FUTURE'));
  assert.match(state.lastError, /a newer version wrote partition \d at offset \d+: kind 1, schema/);
  assert.match(log.lines.join('\n'), /partitions stand still in front of newer records/);
  assert.equal(state.healthy, false);
  const left = 601 - state.kafka.consumed;
  await until('the lag', () => state.kafka.lagMessages === left);
  assert.ok(left > 1 && left < 601);
});

test('JSON messages give the same rows', LIMIT, async (t) => {
  const target = targetFor(kafka, { format: 'json' });
  const tables = new Tables();
  await produce(t, target, 200);
  const { state } = join(t, target, tables);
  await until('all', () => state.kafka.consumed === 200);
  assert.deepEqual(tables.ids(), idsOf(200));
});
