// Replays RFC 4475 and RFC 5118 through the core of a shard: what it answers is what the fixtures
// demand, every answer is well formed, and nothing stays behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CELL_NAMES } from '../../../engine/base/counter-names.ts';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { seededRandom } from '../../../engine/base/random.ts';
import { SwitchCore } from '../../../engine/call/switch-core.ts';
import type { Snapshot } from '../../../engine/routing/snapshot.ts';
import { HeaderId } from '../../../engine/sip/message/header-names.ts';
import { SipMessage } from '../../../engine/sip/message/message.ts';
import { ParseResult } from '../../../engine/sip/message/parse-result.ts';
import { gatesWith, mappingGateway, snapshotOf } from '../routing/fixtures.ts';
import { rfc4475Invalid } from '../sip/message/torture/rfc4475-invalid.ts';
import { rfc4475Semantics } from '../sip/message/torture/rfc4475-semantics.ts';
import { rfc4475Valid } from '../sip/message/torture/rfc4475-valid.ts';
import { rfc5118 } from '../sip/message/torture/rfc5118.ts';

const CUSTOMER: Endpoint = { family: 4, ip: '192.0.2.77', port: 5070 };
const STRANGER: Endpoint = { family: 4, ip: '203.0.113.9', port: 5060 };
/** Longer than any transaction lives. */
const LINGER_MS = 200_000;

const all = [...rfc4475Valid, ...rfc4475Invalid, ...rfc4475Semantics, ...rfc5118];

class Shard {
  readonly core: SwitchCore;
  readonly sent: { to: Endpoint; text: string }[] = [];
  #nowMs = 0;

  constructor(parameters: Partial<Snapshot['parameters']> = {}) {
    const vendor = { gateway: { name: 'vendor' }, prefixes: ['0', '1', '4'] };
    const snapshot = snapshotOf([vendor]);
    const cells = new Float64Array(CELL_NAMES.length);
    this.core = new SwitchCore(
      {
        shard: 0,
        node: 'torture',
        clock: { wallMs: () => 1_700_000_000_000 + this.#nowMs, monoMs: () => this.#nowMs },
        random: seededRandom(1),
        counters: {
          add: (index, n) => {
            cells[index]! += n;
          },
          set: () => undefined,
        },
        gates: gatesWith(new Map()),
        sink: { cdr: () => true, attempt: () => true, hasRoom: () => true },
        transport: {
          send: (_local, to, text) => {
            this.sent.push({ to, text });
            return true;
          },
        },
      },
      [{ family: 4, hostPort: '192.0.2.1:5060', host: '192.0.2.1' }],
      {
        ...snapshot,
        parameters: { ...snapshot.parameters, ...parameters },
        mappingGateways: [mappingGateway({ remoteIps: [CUSTOMER.ip] })],
      },
    );
  }

  receive(bytes: Buffer, source = CUSTOMER): void {
    this.core.packet(bytes, 0, bytes.length, source, 0);
  }

  /** Lets all that runs give up or end. */
  settle(): void {
    for (const until = this.#nowMs + LINGER_MS; this.#nowMs < until; this.core.advance()) {
      this.#nowMs += 100;
    }
  }

  /** Responses sent to the customer. */
  responses(): SipMessage[] {
    return this.sent
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
}

for (const { section, name, bytes, outcome, result } of all) {
  test(`${section} ${name}`, () => {
    const shard = new Shard();
    shard.receive(bytes);
    shard.settle();
    const responses = shard.responses();
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
    const { calls, dialogs, clients, servers, timers } = shard.core.gauges();
    assert.deepEqual([calls, dialogs, clients, servers, timers], [0, 0, 0, 0, 0]);
  });
}

test('all of them, twice and from a stranger who gets no answer, leave a good call alone', () => {
  const shard = new Shard({ SS_REPLY_UNAUTHORIZED: false });
  for (const { bytes } of [...all, ...all]) shard.receive(bytes, STRANGER);
  assert.equal(shard.sent.length, 0);
  const { calls, dialogs, clients, servers, timers } = shard.core.gauges();
  assert.deepEqual([calls, dialogs, clients, servers, timers], [0, 0, 0, 0, 0]);
  shard.receive(
    Buffer.from(
      'INVITE sip:4477@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKgood\r\n' +
        'From: <sip:100@192.0.2.77>;tag=a\r\nTo: <sip:4477@192.0.2.1>\r\nCall-ID: good\r\n' +
        'CSeq: 1 INVITE\r\nContact: <sip:192.0.2.77:5070>\r\nContent-Length: 0\r\n\r\n',
    ),
  );
  const lines = shard.sent.map(({ text }) => text.slice(0, text.indexOf('\r\n')));
  assert.deepEqual(lines, ['SIP/2.0 100 Trying', 'INVITE sip:4477@192.0.2.1:5060 SIP/2.0']);
});
