// Replays RFC 4475 and RFC 5118 through the core of a shard: what it answers is what the fixtures
// demand, every answer is well formed, and nothing stays behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { HeaderId } from '../../../engine/sip/message/header-names.ts';
import { SipMessage } from '../../../engine/sip/message/message.ts';
import { ParseResult } from '../../../engine/sip/message/parse-result.ts';
import { rfc4475Invalid } from '../sip/message/torture/rfc4475-invalid.ts';
import { rfc4475Semantics } from '../sip/message/torture/rfc4475-semantics.ts';
import { rfc4475Valid } from '../sip/message/torture/rfc4475-valid.ts';
import { rfc5118 } from '../sip/message/torture/rfc5118.ts';
import { CoreOnAWire, CUSTOMER, inviteOf } from '../shard/core-on-a-wire.ts';

const STRANGER: Endpoint = { family: 4, ip: '203.0.113.9', port: 5060 };

const NOTHING_LEFT = { calls: 0, answered: 0, dialogs: 0, clients: 0, servers: 0, timers: 0 };
const all = [...rfc4475Valid, ...rfc4475Invalid, ...rfc4475Semantics, ...rfc5118];

/** Responses sent, which all go to the customer. */
function responsesOf({ sent }: CoreOnAWire): SipMessage[] {
  return sent
    .filter(({ text }) => text.startsWith('SIP/2.0 '))
    .map(({ text, to }) => {
      assert.equal(to, CUSTOMER);
      const message = new SipMessage();
      const result = message.parse(Buffer.from(text, 'latin1'), 0, text.length);
      // What was malformed in the request comes back as it was.
      assert.ok(result === ParseResult.Ok || result === ParseResult.BadResponse, text);
      return message;
    });
}

for (const { section, name, bytes, outcome, result } of all) {
  test(`${section} ${name}`, () => {
    const shard = new CoreOnAWire();
    shard.receive(bytes);
    shard.settle();
    const responses = responsesOf(shard);
    const finals = new Set(responses.map(({ status }) => status).filter((status) => status >= 200));
    assert.ok(finals.size <= 1, `one final answer, not ${[...finals].join(' and ')}`);
    const [final] = finals;
    if (outcome.silence === 'demanded') assert.equal(shard.sent.length, 0);
    if (final === undefined) {
      assert.notEqual(outcome.silence, 'never', 'an answer is due');
    } else if (outcome.answers === 'any') {
      assert.ok(final !== 400 && (final < 500 || final >= 600), `answered ${final}`);
    } else {
      assert.ok(outcome.answers.includes(final), `answered ${final}`);
    }
    const request = new SipMessage();
    request.parse(bytes, 0, bytes.length);
    for (const response of responses) {
      for (const id of [HeaderId.CallId, HeaderId.From, HeaderId.CSeq] as const) {
        const [sent, got] = [response.first(id), request.first(id)];
        if (id !== HeaderId.CSeq) assert.equal(response.text(sent), request.text(got));
        else if (result === ParseResult.Ok) assert.equal(response.cseq, request.cseq);
      }
    }
    assert.deepEqual(shard.core.gauges(), NOTHING_LEFT);
  });
}

test('all of them, twice and from a stranger who gets no answer, leave a good call alone', () => {
  const shard = new CoreOnAWire({ SS_REPLY_UNAUTHORIZED: false });
  for (const { bytes } of [...all, ...all]) shard.receive(bytes, STRANGER);
  assert.equal(shard.sent.length, 0);
  assert.deepEqual(shard.core.gauges(), NOTHING_LEFT);
  shard.receive(inviteOf('good'));
  const lines = shard.sent.map(({ text }) => text.slice(0, text.indexOf('\r\n')));
  assert.deepEqual(lines, ['SIP/2.0 100 Trying', 'INVITE sip:4477@192.0.2.1:5060 SIP/2.0']);
});
