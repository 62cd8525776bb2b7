// Which transaction a message belongs to (RFC 3261 17.1.3, 17.2.3), CANCEL, strays, counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  REQUESTS_RECEIVED,
  REQUESTS_SENT,
  RESPONSES_RECEIVED,
  RESPONSES_SENT,
} from '../../../../engine/base/counter-names.ts';
import { Method } from '../../../../engine/sip/message/methods.ts';
import { NO_BODY } from '../../../../engine/sip/transaction/request-identity.ts';
import {
  CLIENT,
  GIVE_UP_MS,
  headerValues,
  IDENTITY,
  requestOf,
  responseTo,
  topBranch,
  TransactionBench,
  VENDOR,
} from './bench.ts';

const OLD_VIA = 'SIP/2.0/UDP old.example.com';

test('requests of RFC 2543 clients match by Call-ID, From tag and CSeq', () => {
  const bench = new TransactionBench();
  const invite = requestOf({ via: OLD_VIA });
  bench.receive(invite);
  bench.receive(invite);
  assert.deepEqual(bench.take(), ['100', '100']);
  bench.receive(requestOf({ via: OLD_VIA, cseq: 2 }));
  bench.receive(requestOf({ via: OLD_VIA, callId: 'call-2' }));
  bench.receive(requestOf({ via: OLD_VIA, from: '<sip:100@192.0.2.10>;tag=c2' }));
  bench.receive(requestOf({ via: `${OLD_VIA};branch=1`, callId: 'call-3' }));
  assert.deepEqual(bench.takeTold(), ['invite', 'invite', 'invite', 'invite', 'invite']);
  assert.equal(bench.layer.serverCount, 5);
});

test('an RFC 2543 client gets its failure acknowledged and its call cancelled', () => {
  const bench = new TransactionBench();
  bench.receive(requestOf({ via: OLD_VIA }));
  bench.receive(requestOf({ via: OLD_VIA, method: 'CANCEL' }));
  bench.server.respond(487, '', 'us', NO_BODY);
  bench.receive(requestOf({ via: OLD_VIA, method: 'ACK', to: '<sip:4477@192.0.2.1>;tag=us' }));
  bench.until(400);
  assert.deepEqual(bench.take(), ['100', '200', '487']);
  bench.until(3000);
  assert.deepEqual(bench.take(), []);
  assert.deepEqual(bench.takeTold(), ['invite', 'cancel']);
});

test('the magic cookie alone is no branch (RFC 4475 3.2.1)', () => {
  const bench = new TransactionBench();
  const via = 'SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK';
  bench.receive(requestOf({ via, callId: 'a' }));
  bench.receive(requestOf({ via, callId: 'b' }));
  assert.deepEqual(bench.takeTold(), ['invite', 'invite']);
});

test('the same branch of another client, port or method is another transaction', () => {
  const bench = new TransactionBench();
  const branch = 'branch=z9hG4bKsame';
  bench.receive(requestOf({ via: `SIP/2.0/UDP 192.0.2.10:5070;${branch}` }));
  bench.receive(requestOf({ via: `SIP/2.0/UDP 192.0.2.10:5071;${branch}` }));
  bench.receive(requestOf({ via: `SIP/2.0/UDP 192.0.2.10;${branch}` }));
  bench.receive(requestOf({ via: `SIP/2.0/UDP 192.0.2.11:5070;${branch}` }));
  bench.receive(requestOf({ via: `SIP/2.0/UDP 192.0.2.10:5070;${branch}`, method: 'BYE' }));
  assert.deepEqual(bench.takeTold(), ['invite', 'invite', 'invite', 'invite', 'request BYE']);
});

test('where one field of a key ends and the next begins matters', () => {
  const bench = new TransactionBench();
  bench.receive(requestOf({ via: 'SIP/2.0/UDP bc.example.com;branch=z9hG4bKa' }));
  bench.receive(requestOf({ via: 'SIP/2.0/UDP c.example.com;branch=z9hG4bKab' }));
  assert.deepEqual(bench.takeTold(), ['invite', 'invite']);
});

test('thousands of transactions are each found again and given up', () => {
  const bench = new TransactionBench();
  const count = 5000;
  const via = (i: number): string => `SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK${i}`;
  for (let i = 0; i < count; i++) {
    bench.receive(requestOf({ via: via(i) }));
    bench.server.respond(486, '', 'us', NO_BODY);
  }
  assert.equal(bench.takeTold().length, count);
  assert.equal(bench.layer.serverCount, count);
  for (let i = 0; i < count; i++) bench.receive(requestOf({ via: via(i), method: 'ACK' }));
  assert.deepEqual(bench.takeTold(), []);
  bench.until(6000);
  assert.ok(bench.take().every((line) => line === '100' || line === '486'));
  bench.assertIdle();
});

test('CANCEL without an INVITE is for the core to refuse, each time the same', () => {
  const bench = new TransactionBench();
  bench.onNewRequest = (request, source) => {
    bench.layer.reply(request, source, 0, 481, '', NO_BODY);
  };
  const cancel = requestOf({ method: 'CANCEL' });
  bench.receive(cancel);
  bench.receive(cancel);
  const [first, second] = bench.sent;
  assert.deepEqual(bench.take(), ['481', '481']);
  assert.equal(first!.text, second!.text);
  assert.match(headerValues(first!.text, 'To')[0]!, /;tag=s[0-9a-f]+$/);
  assert.deepEqual(bench.takeTold(), ['request CANCEL', 'request CANCEL']);
  bench.assertIdle();
});

test('CANCEL hands on its Reason and is answered once more when it comes again', () => {
  const bench = new TransactionBench();
  bench.receive(requestOf());
  const cancel = requestOf({
    method: 'CANCEL',
    more: 'Reason: SIP;cause=200;text="Elsewhere"\r\n',
  });
  bench.receive(cancel);
  bench.receive(cancel);
  assert.deepEqual(bench.take(), ['100', '200', '200']);
  assert.deepEqual(bench.takeTold(), ['invite', 'cancel SIP;cause=200;text="Elsewhere"']);
});

test('a non-INVITE transaction absorbs, answers again and ends with timer J', () => {
  const bench = new TransactionBench();
  const bye = requestOf({ method: 'BYE', to: '<sip:4477@192.0.2.1>;tag=us' });
  bench.onNewRequest = () => undefined;
  let respond = (): void => undefined;
  bench.onNewRequest = (request, source) => {
    const server = bench.layer.serve(request, source, 0);
    respond = () => {
      server.respond(200, '', '', NO_BODY);
    };
  };
  bench.receive(bye);
  bench.receive(bye);
  assert.deepEqual([bench.take(), bench.takeTold()], [[], ['request BYE']]);
  respond();
  respond();
  assert.deepEqual(bench.take(), ['200']);
  bench.until(3990);
  bench.receive(bye);
  assert.deepEqual(bench.take(), ['200']);
  bench.until(4000);
  bench.assertIdle();
  bench.receive(bye);
  assert.deepEqual(bench.takeTold(), ['request BYE']);
});

test('a bare final response is sent again byte for byte, though only its status is kept', () => {
  const bench = new TransactionBench();
  bench.onNewRequest = (request, source) => {
    bench.layer.serve(request, source, 1).respond(481, '', '', NO_BODY);
  };
  const bye = requestOf({
    method: 'BYE',
    via: 'SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bKbye',
    to: '<sip:4477@192.0.2.1>;tag=us',
    more: 'Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKbelow\r\nRecord-Route: <sip:edge;lr>\r\n',
  });
  for (let i = 0; i < 3; i++) bench.receive(bye, { ...CLIENT, port: 40_000 }, 1);
  const [first, ...again] = bench.sent;
  assert.match(first!.text, /^SIP\/2\.0 481 [^]*rport=40000/);
  assert.deepEqual(again, [first, first]);
  assert.deepEqual(bench.takeTold(), ['request BYE']);
  // Sent once; what is sent again is counted as such.
  const { cells } = bench.counters;
  assert.equal(cells[RESPONSES_SENT.first + 481 - RESPONSES_SENT.lowest], 1);
  assert.equal(bench.count('responseRetransmissionsSent'), 2);
  assert.equal(bench.count('requestRetransmissionsReceived'), 2);
});

for (const [name, reason, rest] of [
  ['header fields', '', `Allow: INVITE\r\n${NO_BODY}`],
  ['a phrase', 'Not Today', NO_BODY],
] as const) {
  test(`a final response with ${name} of its own is kept and sent again until timer J`, () => {
    const bench = new TransactionBench();
    bench.onNewRequest = (request, source) => {
      bench.layer.serve(request, source, 0).respond(405, reason, '', rest);
    };
    const info = requestOf({ method: 'INFO', to: '<sip:4477@192.0.2.1>;tag=us' });
    bench.receive(info);
    bench.until(GIVE_UP_MS - 10);
    bench.receive(info);
    const [first, second] = bench.sent;
    assert.equal(second!.text, first!.text);
    assert.ok(first!.text.includes(reason) && first!.text.endsWith(rest));
    assert.deepEqual(bench.takeTold(), ['request INFO']);
    bench.until(GIVE_UP_MS);
    bench.assertIdle();
  });
}

test('an ACK that belongs to nothing goes to the core and is never answered', () => {
  const bench = new TransactionBench();
  bench.receive(requestOf({ method: 'ACK', cseq: 4 }));
  assert.deepEqual([bench.take(), bench.takeTold()], [[], ['ack 4']]);
  assert.equal(bench.layer.serverCount, 0);
});

test('responses that belong to nothing are counted and dropped', () => {
  const bench = new TransactionBench();
  bench.layer.invite(IDENTITY, 70, NO_BODY, 0, VENDOR, bench);
  const invite = bench.sent.splice(0)[0]!.text;
  const branch = topBranch(invite);
  const strays = [
    invite.replace(branch, 'z9hG4bKother'),
    invite.replace(branch, `${branch.slice(0, -1)}${branch.endsWith('0') ? '1' : '0'}`),
    invite.replace(branch, branch.slice(0, -1)),
    invite.replace(`;branch=${branch}`, ''),
  ];
  for (const stray of strays) bench.receive(responseTo(stray, 180));
  bench.receive(responseTo(invite, 200, 'theirs', 'BYE'));
  assert.equal(bench.count('responsesStray'), strays.length + 1);
  assert.deepEqual([bench.take(), bench.takeTold()], [[], []]);
  assert.equal(bench.count('wrongShard'), 0);
});

test('a 2xx of an INVITE that is gone is told to the core, other strays are not', () => {
  const bench = new TransactionBench();
  bench.layer.invite(IDENTITY, 70, NO_BODY, 0, VENDOR, bench);
  const invite = bench.sent.splice(0)[0]!.text;
  bench.receive(responseTo(invite, 200));
  bench.until(5000);
  bench.assertIdle();
  bench.takeTold();
  for (const status of [180, 200, 486]) bench.receive(responseTo(invite, status));
  bench.receive(responseTo(invite, 200, 'theirs', 'BYE'));
  assert.deepEqual(bench.takeTold(), ['stray 200']);
});

test('a response with the branch of another shard counts as being in the wrong one', () => {
  const [here, there] = [new TransactionBench(5), new TransactionBench(6)];
  there.layer.invite(IDENTITY, 70, NO_BODY, 0, VENDOR, there);
  const response = responseTo(there.sent[0]!.text, 200);
  here.layer.invite(IDENTITY, 70, NO_BODY, 0, VENDOR, here);
  here.receive(response);
  assert.equal(here.count('wrongShard'), 1);
  assert.deepEqual(here.takeTold(), ['stray 200']);
  there.receive(response);
  assert.equal(there.count('wrongShard'), 0);
  assert.deepEqual(there.takeTold(), ['200']);
});

test('the ACK of a 2xx has a branch of its own, new each time', () => {
  const bench = new TransactionBench();
  const texts = [0, 0, 1].map((local) => bench.layer.ackText(IDENTITY, local, NO_BODY));
  const branches = texts.map(topBranch);
  assert.equal(new Set(branches).size, 3);
  for (const branch of branches) assert.match(branch, /^z9hG4bKack05[0-9a-f]{16}$/);
  assert.ok(texts[0]!.startsWith(`ACK ${IDENTITY.uri} SIP/2.0\r\n`));
  assert.deepEqual(headerValues(texts[0]!, 'CSeq'), ['7 ACK']);
  assert.match(texts[2]!, /Via: SIP\/2\.0\/UDP \[2001:db8::1\]:5060;/);
});

test('new requests are counted by method, retransmissions apart', () => {
  const bench = new TransactionBench();
  bench.receive(requestOf());
  bench.receive(requestOf());
  assert.equal(bench.count('requestRetransmissionsReceived'), 1);
  assert.equal(bench.count('responseRetransmissionsSent'), 1);
  bench.layer.invite(IDENTITY, 70, NO_BODY, 0, VENDOR, bench);
  const invite = bench.sent.at(-1)!.text;
  bench.receive(responseTo(invite, 486));
  bench.receive(responseTo(invite, 486));
  bench.layer.ackText(IDENTITY, 0, NO_BODY);
  const { cells } = bench.counters;
  assert.equal(cells[REQUESTS_RECEIVED.first + Method.Invite], 1);
  assert.equal(cells[REQUESTS_SENT.first + Method.Invite], 1);
  // One for the failure, one for a 2xx; what is sent again is counted as such.
  assert.equal(cells[REQUESTS_SENT.first + Method.Ack], 2);
  assert.equal(cells[RESPONSES_RECEIVED.first + 486 - RESPONSES_RECEIVED.lowest], 2);
});

test('a stateless answer goes back where the request came from', () => {
  const bench = new TransactionBench();
  bench.onNewRequest = (request, source) => {
    bench.layer.reply(request, source, 1, 405, '', `Allow: INVITE\r\n${NO_BODY}`);
  };
  bench.receive(requestOf({ method: 'PUBLISH' }), { ...CLIENT, port: 40_000 }, 1);
  const { to, local, text } = bench.sent[0]!;
  assert.deepEqual([to.port, local], [40_000, 1]);
  assert.match(text, /^SIP\/2\.0 405 Method Not Allowed\r\n/);
  assert.deepEqual(headerValues(text, 'Allow'), ['INVITE']);
  assert.equal(bench.layer.serverCount, 0);
});
