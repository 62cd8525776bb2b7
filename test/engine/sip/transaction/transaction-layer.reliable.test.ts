// Transactions over TCP and TLS (RFC 3261 17.1.1.2, 17.2.1): each message once, timers D, I, J
// zero.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Method } from '../../../../engine/sip/message/methods.ts';
import { NO_BODY } from '../../../../engine/sip/transaction/request-identity.ts';
import {
  CLIENT,
  GIVE_UP_MS,
  headerValues,
  IDENTITY,
  requestOf,
  responseTo,
  TransactionBench,
  VENDOR,
} from './bench.ts';

/** The listen address of TransactionBench that is TCP. */
const TCP = 2;
const ACK = requestOf({ method: 'ACK', to: '<sip:4477@192.0.2.1>;tag=us' });

test('an INVITE is sent once, names transport and alias in Via, gives up after 64 T1', () => {
  const bench = new TransactionBench();
  bench.layer.invite(IDENTITY, 69, NO_BODY, TCP, VENDOR, bench);
  const [via] = headerValues(bench.sent[0]!.text, 'Via');
  assert.match(via!, /^SIP\/2\.0\/TCP 192\.0\.2\.1:5060;rport;alias;branch=z9hG4bK/);
  bench.until(GIVE_UP_MS - 10);
  assert.deepEqual([bench.take(), bench.takeTold()], [['INVITE'], []]);
  bench.until(GIVE_UP_MS + 10);
  assert.deepEqual([bench.take(), bench.takeTold()], [[], ['timeout']]);
  bench.assertIdle();
});

test('a failed INVITE ends with its ACK: timer D is zero', () => {
  const bench = new TransactionBench();
  bench.layer.invite(IDENTITY, 69, NO_BODY, TCP, VENDOR, bench);
  bench.receive(responseTo(bench.sent[0]!.text, 486), VENDOR, TCP);
  assert.deepEqual([bench.take(), bench.takeTold()], [['INVITE', 'ACK'], ['486']]);
  bench.assertIdle();
});

test('any other request is sent once', () => {
  const bench = new TransactionBench();
  bench.layer.request('BYE', Method.Bye, IDENTITY, 70, NO_BODY, TCP, VENDOR, bench);
  bench.until(GIVE_UP_MS + 10);
  assert.deepEqual([bench.take(), bench.takeTold()], [['BYE'], ['timeout']]);
  bench.assertIdle();
});

function served(status: number): TransactionBench {
  const bench = new TransactionBench();
  bench.onNewInvite = (request, source) => {
    bench.server = bench.layer.serveInvite(request, source, TCP, false);
    bench.server.user = {
      onCancel: () => undefined,
      onAckTimeout: () => bench.told.push('ack timeout'),
    };
  };
  bench.receive(requestOf(), CLIENT, TCP);
  bench.server.respond(status, '', 'us', NO_BODY);
  bench.takeTold();
  return bench;
}

test('a failure is sent once and waits for its ACK, which leaves nothing behind', () => {
  const bench = served(486);
  bench.until(10_000);
  assert.deepEqual(bench.take(), ['486']);
  bench.receive(ACK, CLIENT, TCP);
  bench.assertIdle();
});

test('a failure without ACK is given up after 64 T1', () => {
  const bench = served(486);
  bench.until(GIVE_UP_MS - 10);
  assert.equal(bench.layer.serverCount, 1);
  bench.until(GIVE_UP_MS + 10);
  assert.deepEqual(bench.take(), ['486']);
  bench.assertIdle();
});

test('a 2xx is resent until its ACK comes all the same (RFC 3261 13.3.1.4)', () => {
  const bench = served(200);
  bench.until(600);
  assert.deepEqual(bench.take(), ['200', '200']);
  bench.server.acknowledged();
  bench.assertIdle();
});

test('a request that is answered leaves nothing behind: timer J is zero', () => {
  for (const rest of [NO_BODY, `Contact: <sip:x@192.0.2.1>\r\n${NO_BODY}`]) {
    const bench = new TransactionBench();
    bench.onNewRequest = (request, source) => {
      bench.layer.serve(request, source, TCP).respond(200, '', 'us', rest);
    };
    bench.receive(requestOf({ method: 'BYE' }), CLIENT, TCP);
    assert.deepEqual(bench.take(), ['200']);
    bench.assertIdle();
  }
});
