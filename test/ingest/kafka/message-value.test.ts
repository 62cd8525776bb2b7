// Values of messages: what the producer writes, the consumer and any msgpack or JSON reader take.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unpack } from 'msgpackr';
import { decodeRecord } from '../../../engine/cdr/record-decoder.ts';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import {
  cdrColumns,
  cdrRecordColumns,
  KIND_ATTEMPT,
  KIND_CDR,
  SCHEMA_VERSION,
} from '../../../engine/cdr/schema.ts';
import {
  CallMessage,
  callIdOf,
  gatherValue,
  jsonRecords,
} from '../../../ingest/kafka/message-value.ts';
import { RecordGatherer } from '../../../ingest/record-gatherer.ts';
import { sampleAttempt, sampleCdr } from '../../engine/cdr/records.ts';
import { contentOf } from '../row-blocks.ts';

const encoder = new RecordEncoder();

function msgpackOf(kind: number, version = SCHEMA_VERSION): Buffer {
  const message = new CallMessage();
  message.addMsgpack(kind, version, encoder.bytes, 0, encoder.length);
  return message.value();
}

/** What the encoder holds, as JSON. */
function jsonTexts(kind: number): Buffer[] {
  const decoded = decodeRecord(kind, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
  assert.ok(decoded.status === 'cdr' || decoded.status === 'attempt');
  return jsonRecords(decoded, SCHEMA_VERSION);
}

function objectsOf(texts: readonly Buffer[]): Record<string, unknown>[] {
  const message = new CallMessage();
  for (const text of texts) message.addJson(text);
  return JSON.parse(message.value().toString()) as Record<string, unknown>[];
}

test('a value is a msgpack array of records: kind, version and the columns', () => {
  const cdr = sampleCdr(7);
  const message = new CallMessage();
  encoder.attempt(sampleAttempt(7));
  message.addMsgpack(KIND_ATTEMPT, 1, encoder.bytes, 0, encoder.length);
  encoder.cdr(cdr);
  message.addMsgpack(KIND_CDR, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
  const [attempt, record, ...rest] = unpack(message.value()) as [number, number, unknown[]][];
  assert.deepEqual(rest, []);
  assert.deepEqual([attempt?.[0], attempt?.[1], attempt?.[2][0]], [KIND_ATTEMPT, 1, cdr.id]);
  assert.deepEqual([record?.[0], record?.[1]], [KIND_CDR, SCHEMA_VERSION]);
  assert.deepEqual(record?.[2].slice(0, 3), [cdr.id, cdr.node, cdr.startedAtMs]);
  assert.equal(record[2].length, cdrRecordColumns.length);
});

test('a message is of one call, of 15 records at most, and of a bounded size', () => {
  const message = new CallMessage();
  const payload = Buffer.alloc(65_536);
  assert.ok(message.takes('a', payload.length));
  message.key = 'a';
  message.addMsgpack(KIND_CDR, 1, payload, 0, 10);
  assert.ok(message.takes('a', 10) && !message.takes('b', 10) && !message.takes(null, 10));
  for (let n = 1; n < 15; n++) message.addMsgpack(KIND_CDR, 1, payload, 0, 10);
  assert.ok(!message.takes('a', 10));
  message.clear();
  message.key = 'a';
  let records = 0;
  for (; message.takes('a', payload.length); records++) {
    message.addMsgpack(KIND_CDR, 1, payload, 0, payload.length);
  }
  assert.equal(records, 7);
  assert.ok(message.value().length < 1_000_000);
});

test('JSON has every column by its name, money as text and what never happened as null', () => {
  const cdr = { ...sampleCdr(7), answeredAtMs: 0, ringingAtMs: 0, pddMs: 0 };
  encoder.cdr(cdr);
  const [object = {}, ...rest] = objectsOf(jsonTexts(KIND_CDR));
  assert.deepEqual(rest, []);
  assert.deepEqual(Object.keys(object), [
    'kind',
    'version',
    ...cdrColumns.map((column) => column.name),
  ]);
  assert.deepEqual(
    [object['kind'], object['version'], object['customer_fee'], object['answered_at']],
    ['cdr', SCHEMA_VERSION, cdr.customerFee, null],
  );
});

test('in JSON the attempt that was answered is an object of its own', () => {
  const attempt = sampleAttempt(7);
  encoder.cdr(sampleCdr(7), attempt);
  const [first = {}, second = {}, ...rest] = objectsOf(jsonTexts(KIND_CDR));
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [first['kind'], first['prefix'], first['code'], first['started_at'], second['kind']],
    ['attempt', attempt.prefix, attempt.code, attempt.startedAtMs, 'cdr'],
  );
  assert.equal(Object.keys(second).length, 2 + cdrColumns.length);
});

test('both forms give the same rows', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.string(), fc.boolean(), (n, text, answered) => {
      const cdr = { ...sampleCdr(n), endReason: text };
      if (!answered) Object.assign(cdr, { answeredAtMs: 0, pddMs: 0, durationMs: 0 });
      const [binary, json] = [new CallMessage(), new CallMessage()];
      const add = (kind: number): void => {
        binary.addMsgpack(kind, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
        for (const object of jsonTexts(kind)) json.addJson(object);
      };
      const attempt = { ...sampleAttempt(n), reason: text };
      if (!answered) {
        encoder.attempt(attempt);
        add(KIND_ATTEMPT);
      }
      encoder.cdr(cdr, answered ? attempt : null);
      add(KIND_CDR);
      const [fromBinary, fromJson] = [new RecordGatherer(), new RecordGatherer()];
      assert.equal(gatherValue(binary.value(), fromBinary), 'taken');
      assert.equal(gatherValue(json.value(), fromJson), 'taken');
      assert.deepEqual([fromBinary.cdrs.rows, fromBinary.attempts.rows], [1, 1]);
      assert.deepEqual(contentOf(fromJson), contentOf(fromBinary));
    }),
  );
});

test('what is no record is told apart from what is of a newer version', () => {
  encoder.cdr(sampleCdr(1));
  const gather = (value: Buffer | null): [string, string] => {
    const into = new RecordGatherer();
    const gathered = gatherValue(value, into);
    assert.equal(into.cdrs.rows + into.attempts.rows, 0);
    return [gathered, into.reason];
  };
  const malformed: (Buffer | null)[] = [
    null,
    Buffer.alloc(0),
    Buffer.from('text'),
    Buffer.from('[{'),
    Buffer.from('{"kind":"cdr","version":2}'),
    Buffer.from('[]'),
    Buffer.from('[null]'),
    Buffer.from('[{"kind":"constructor","version":2}]'),
    Buffer.from('[{"kind":"cdr","version":2}]'),
    Buffer.from([0x91, 0x93, 1, 2]),
    Buffer.from([0x91, 0x93, 1, 2, 0x90]),
    Buffer.from([0x91, 0x93, 0xc0, 2, 0x90]),
    Buffer.from([0x91, 0x91, 1]),
    msgpackOf(KIND_CDR).subarray(0, 40),
  ];
  for (const value of malformed) {
    const [gathered, reason] = gather(value);
    assert.equal(gathered, 'malformed', String(value));
    assert.notEqual(reason, '');
  }
  assert.deepEqual(gather(msgpackOf(KIND_CDR, SCHEMA_VERSION + 1)), [
    'future',
    `kind 1, schema version ${SCHEMA_VERSION + 1}`,
  ]);
  const newer = { kind: 'cdr', version: SCHEMA_VERSION + 1, id: sampleCdr(1).id };
  assert.equal(gather(Buffer.from(JSON.stringify([newer])))[0], 'future');
});

test('of a message with one malformed record the others count, with a newer one none', () => {
  const good = (message: CallMessage): CallMessage => {
    encoder.cdr(sampleCdr(1));
    message.addMsgpack(KIND_CDR, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
    return message;
  };
  const bytes = Buffer.from([0x90]);
  const malformed = good(new CallMessage());
  malformed.addMsgpack(KIND_ATTEMPT, 1, bytes, 0, 1);
  const into = new RecordGatherer();
  assert.equal(gatherValue(good(malformed).value(), into), 'malformed');
  assert.match(into.reason, /^record 2: not an array of/);
  assert.equal(into.cdrs.rows, 2);
  const newer = good(new CallMessage());
  newer.addMsgpack(99, 1, bytes, 0, 1);
  assert.equal(gatherValue(newer.value(), into), 'future');
  assert.equal(into.cdrs.rows, 2);
});

test('the key is the id of the call, and none for other bytes', () => {
  for (const n of [0, 1, 99]) {
    encoder.cdr(sampleCdr(n));
    assert.equal(callIdOf(encoder.bytes, 0, encoder.length), sampleCdr(n).id);
    encoder.attempt(sampleAttempt(n));
    assert.equal(callIdOf(encoder.bytes, 0, encoder.length), sampleCdr(n).id);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const key = callIdOf(Buffer.from(bytes), 0, bytes.length);
      assert.ok(key === null || key.length === 36);
    }),
  );
});
