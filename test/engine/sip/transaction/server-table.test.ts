// The table of server transactions: what makes two requests the same, and that each is found again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../../../engine/base/random.ts';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { ParseResult } from '../../../../engine/sip/message/parse-result.ts';
import { NonInviteServer } from '../../../../engine/sip/transaction/non-invite-server.ts';
import { ResponseHead } from '../../../../engine/sip/transaction/response-head.ts';
import { ServerTable } from '../../../../engine/sip/transaction/server-table.ts';
import type { ServerTransaction } from '../../../../engine/sip/transaction/server-transaction.ts';
import { CLIENT, requestOf, TransactionBench, type RequestParts } from './bench.ts';

function parsed(parts: RequestParts): SipMessage {
  const message = new SipMessage();
  const bytes = Buffer.from(requestOf(parts), 'latin1');
  assert.equal(message.parse(bytes, 0, bytes.length), ParseResult.Ok, message.error);
  return message;
}

const table = new ServerTable(seededRandom(3));

/** Both hashes as text; `asInvite` as for `keyOf`. */
function key(parts: RequestParts, asInvite?: boolean, of = table): string {
  const { high, low } = of.keyOf(parsed(parts), asInvite);
  return `${high} ${low}`;
}

const VIA = 'SIP/2.0/UDP 192.0.2.10:5070';
const COOKIE: RequestParts = { via: `${VIA};branch=z9hG4bKone` };
const OLD: RequestParts = { via: `${VIA};branch=1`, callId: 'c', from: '<sip:a@b>;tag=f', cseq: 3 };

test('ACK has the key of its INVITE, CANCEL only when asked for it', () => {
  for (const parts of [COOKIE, OLD]) {
    const invite = key(parts);
    const tagged = { ...parts, to: '<sip:4477@192.0.2.1>;tag=us' };
    assert.equal(key({ ...tagged, method: 'ACK' }), invite);
    assert.equal(key({ ...parts, method: 'CANCEL' }, true), invite);
    assert.notEqual(key({ ...parts, method: 'CANCEL' }), invite);
    assert.notEqual(key({ ...parts, method: 'BYE' }), invite);
  }
});

test('with the magic cookie nothing but branch, sent-by and method counts', () => {
  const same = key(COOKIE);
  assert.equal(key({ ...COOKIE, callId: 'other', cseq: 9, from: '<sip:x@y>;tag=z' }), same);
  assert.equal(key({ via: `${VIA};received=10.1.1.1;branch=z9hG4bKone;rport` }), same);
  for (const via of [
    `${VIA};branch=z9hG4bKonE`,
    'SIP/2.0/UDP 192.0.2.10:5071;branch=z9hG4bKone',
    'SIP/2.0/UDP 192.0.2.11:5070;branch=z9hG4bKone',
  ]) {
    assert.notEqual(key({ via }), same);
  }
});

test('without it Call-ID, From tag and CSeq stand in for a unique branch', () => {
  const same = key(OLD);
  assert.equal(key({ ...OLD, from: '"A" <sip:a@b>;tag=f', to: '<sip:z@z>;tag=us' }), same);
  for (const other of [{ callId: 'd' }, { cseq: 4 }, { from: '<sip:a@b>;tag=g' }]) {
    assert.notEqual(key({ ...OLD, ...other }), same);
  }
});

test('the seeds are secret: another shard or another start has other keys', () => {
  const other = new ServerTable(seededRandom(4));
  assert.notEqual(key(COOKIE, undefined, other), key(COOKIE));
  assert.equal(key(COOKIE, undefined, new ServerTable(seededRandom(3))), key(COOKIE));
});

test('numbered branches differ in each of the two hashes, and fill the buckets evenly', () => {
  const [highs, lows, buckets] = [new Set<number>(), new Set<number>(), new Set<number>()];
  for (let i = 0; i < 4000; i++) {
    const { high, low } = table.keyOf(parsed({ via: `${VIA};branch=z9hG4bK${i}` }));
    highs.add(high);
    lows.add(low);
    buckets.add(low & 1023);
  }
  // Of 4000 random words two are equal with odds of 1 in 500; of 1024 buckets 20 stay empty.
  assert.ok(highs.size >= 3998 && lows.size >= 3998, `${highs.size} ${lows.size}`);
  assert.ok(buckets.size > 960, String(buckets.size));
});

const { context } = new TransactionBench();

function transactionOf(request: SipMessage): ServerTransaction {
  const ends = { forget: () => undefined, retire: () => undefined };
  return new NonInviteServer(context, new ResponseHead(request, CLIENT), 0, CLIENT, ends);
}

/** A table with its transactions by their number, which is in the branch. */
class Numbered {
  readonly table = new ServerTable(seededRandom(5));
  readonly live = new Map<number, ServerTransaction>();
  readonly #requests: SipMessage[] = [];

  #request(n: number): SipMessage {
    return (this.#requests[n] ??= parsed({ via: `${VIA};branch=z9hG4bK${n}` }));
  }

  add(n: number): void {
    if (this.live.has(n)) return;
    const transaction = transactionOf(this.#request(n));
    this.table.keyOf(this.#request(n));
    this.table.add(transaction);
    this.live.set(n, transaction);
  }

  remove(n: number): void {
    const transaction = this.live.get(n);
    if (transaction === undefined) return;
    this.table.remove(transaction);
    // Once more, as after a time-out that met a final response: nothing happens.
    this.table.remove(transaction);
    this.live.delete(n);
  }

  check(numbers: number): void {
    assert.equal(this.table.size, this.live.size);
    for (let n = 0; n < numbers; n++) {
      assert.equal(this.table.find(this.table.keyOf(this.#request(n))), this.live.get(n));
    }
  }
}

test('both hashes must be equal', () => {
  const request = parsed(COOKIE);
  const own = new ServerTable(seededRandom(6));
  const { high, low } = { ...own.keyOf(request) };
  const transaction = transactionOf(request);
  own.add(transaction);
  assert.equal(own.find({ high, low }), transaction);
  // The same bucket, and one hash alike.
  assert.equal(own.find({ high: high ^ 1, low }), undefined);
  assert.equal(own.find({ high, low: low ^ (1 << 20) }), undefined);
});

test('behaves like a map', () => {
  const step = fc.record({ n: fc.nat(40), add: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const numbered = new Numbered();
      for (const { n, add } of steps) {
        if (add) numbered.add(n);
        else numbered.remove(n);
      }
      numbered.check(41);
    }),
    { numRuns: 40 },
  );
});

test('chains lose nobody at their ends or in the middle, also while the table grows', () => {
  const count = 3000;
  const numbered = new Numbered();
  for (let n = 0; n < count; n++) {
    numbered.add(n);
    // A third goes early, so that chains have lost links when the table doubles.
    if (n % 3 === 2) numbered.remove(n - 1);
  }
  numbered.check(count);
  for (let n = 0; n < count; n += 2) numbered.remove(n);
  numbered.check(count);
  for (let n = count - 1; n > 0; n--) numbered.remove(n);
  numbered.check(count);
  assert.equal(numbered.table.size, 0);
});
