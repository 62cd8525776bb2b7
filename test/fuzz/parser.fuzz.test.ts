// Fuzzing of everything that reads bytes from the network: neither an exception, nor a hang, nor an
// offset outside the datagram. Time-boxed: 3 s, 20 s under CI; replay with TANDEM_FUZZ_SEED.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AuthParameter, findAuthParameter } from '../../engine/sip/message/auth-params.ts';
import { word } from '../../engine/sip/message/bytes.ts';
import { CommaList } from '../../engine/sip/message/comma-list.ts';
import { findCallId, foundCallId } from '../../engine/sip/message/find-call-id.ts';
import { SipMessage } from '../../engine/sip/message/message.ts';
import { findSdp, foundSdp } from '../../engine/sip/message/multipart.ts';
import { NameAddr } from '../../engine/sip/message/name-addr.ts';
import { ParseResult } from '../../engine/sip/message/parse-result.ts';
import { RAck } from '../../engine/sip/message/rack.ts';
import { Sdp } from '../../engine/sip/message/sdp.ts';
import { Uri } from '../../engine/sip/message/uri.ts';
import { Via } from '../../engine/sip/message/via.ts';
import { rfc4475Invalid } from '../engine/sip/message/torture/rfc4475-invalid.ts';
import { rfc4475Semantics } from '../engine/sip/message/torture/rfc4475-semantics.ts';
import { rfc4475Valid } from '../engine/sip/message/torture/rfc4475-valid.ts';
import { rfc5118 } from '../engine/sip/message/torture/rfc5118.ts';

const timeMs = process.env['CI'] === 'true' ? 20_000 : 3_000;
const seed = Number(process.env['TANDEM_FUZZ_SEED'] ?? Date.now() % 0x7fffffff);
const SLOT_OFFSET = 16;
const READ_TO_END: readonly ParseResult[] = [ParseResult.Ok, ParseResult.BadRequest];

const message = new SipMessage();
const via = new Via();
const address = new NameAddr();
const uri = new Uri();
const list = new CommaList();
const rack = new RAck();
const auth = new AuthParameter();
const sdp = new Sdp();
const nonce = word('nonce');

const corpus = [...rfc4475Valid, ...rfc4475Invalid, ...rfc4475Semantics, ...rfc5118].map(
  ({ bytes }) => bytes,
);
const hostile = ['\r\n', '\r', '\n ', '\0', '"', '\\', '<', '>', ';', ',', '%', '%0', '@', ':', '[']
  .concat([']', ' ', '\t', '--', '=', '?', '/', '99999999999999999999', ';;', ',,', '\xff', ': '])
  .map((text) => Buffer.from(text, 'latin1'));

interface Edit {
  at: number;
  remove: number;
  insert: Buffer;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(4000),
  remove: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(200)),
  insert: fc.oneof(
    fc.constantFrom(...hostile),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...corpus).map((bytes) => bytes.subarray(0, 80)),
  ),
});

function mutate(bytes: Buffer, edits: Edit[]): Buffer {
  return edits.reduce((current, { at, remove, insert }) => {
    const from = at % (current.length + 1);
    return Buffer.concat([current.subarray(0, from), insert, current.subarray(from + remove)]);
  }, bytes);
}

const datagram = fc
  .oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.constantFrom(...corpus), fc.array(edit, { maxLength: 6 })),
    },
    { weight: 1, arbitrary: fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.constant<Edit[]>([])) },
  )
  .map(([bytes, edits]) => mutate(Buffer.from(bytes), edits));

/** Every `xStart`, `xEnd` of a view lies inside the datagram, or both are absent. */
function checkView(view: object, start: number, end: number): void {
  const fields = view as Record<string, unknown>;
  for (const [name, from] of Object.entries(fields)) {
    if (typeof from !== 'number' || !name.endsWith('Start')) continue;
    const to = fields[name.replace(/Start$/, 'End')] as number;
    if (from === -1) continue;
    const isOpen = to === -1 && name === 'paramsStart';
    assert.ok(from >= start && from <= end, `${name} ${from} of ${start}..${end}`);
    assert.ok(isOpen || (to >= from && to <= end), `${name} ${from}..${to} of ${start}..${end}`);
  }
}

function checkHeaders(start: number, end: number): void {
  const { buf } = message;
  for (let i = 0; i < message.headerCount; i++) {
    const valueStart = message.valueStart(i);
    const valueEnd = message.valueEnd(i);
    assert.ok(start <= message.nameStart(i) && message.nameStart(i) < message.nameEnd(i));
    assert.ok(message.nameEnd(i) < valueStart && valueStart <= valueEnd && valueEnd <= end);
    assert.ok(!/[\r\n](?![ \t\n])/.test(message.text(i)) || message.error !== '');
    for (const next of [
      via.parse(buf, valueStart, valueEnd),
      address.parse(buf, valueStart, valueEnd),
    ]) {
      assert.ok(next === -1 || (next >= valueStart && next <= valueEnd));
    }
    checkView(via, start, valueEnd);
    checkView(address, start, valueEnd);
    if (rack.parse(buf, valueStart, valueEnd)) checkView(rack, valueStart, valueEnd);
    if (findAuthParameter(buf, valueStart, valueEnd, nonce, auth)) {
      checkView(auth, valueStart, valueEnd);
    }
    if (address.uriStart >= 0 && uri.parse(buf, address.uriStart, address.uriEnd)) {
      checkView(uri, address.uriStart, address.uriEnd);
    }
    list.start(buf, valueStart, valueEnd);
    for (let count = 0; list.next(); count++) assert.ok(count <= valueEnd - valueStart);
  }
}

function check(bytes: Buffer): void {
  const buf = Buffer.alloc(SLOT_OFFSET + bytes.length + SLOT_OFFSET, 'Call-ID: x\r\n');
  bytes.copy(buf, SLOT_OFFSET);
  const start = SLOT_OFFSET;
  const end = start + bytes.length;
  const result = message.parse(buf, start, end);
  for (const view of [message, message.topVia, message.from, message.to, message.requestUri]) {
    checkView(view, start, end);
  }
  assert.ok(message.bodyStart >= start && message.bodyStart <= message.bodyEnd);
  assert.ok(message.bodyEnd <= end);
  assert.equal(result === ParseResult.Ok, message.error === '' && message.headerCount > 0);
  checkHeaders(start, end);
  const contact = message.contact();
  if (contact !== null) checkView(contact, start, end);
  const found = findCallId(buf, start, end);
  assert.ok(!found || (foundCallId.start >= start && foundCallId.end <= end));
  if (READ_TO_END.includes(result)) assert.equal(foundCallId.start, message.callIdStart);
  const hasSdp = findSdp(message);
  if (hasSdp) assert.ok(foundSdp.start >= start && foundSdp.end <= end);
  sdp.scan(buf, hasSdp ? foundSdp.start : start, hasSdp ? foundSdp.end : end);
  checkView(sdp, start, end);
}

test(`messages changed at random, and random bytes (seed ${seed})`, () => {
  console.log(`TANDEM_FUZZ_SEED=${seed}`);
  fc.assert(fc.property(datagram, check), {
    seed,
    numRuns: 10_000_000,
    interruptAfterTimeLimit: timeMs,
    markInterruptAsFailure: false,
  });
});
