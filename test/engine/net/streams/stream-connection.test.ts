// The limits of connections: what each kind of misuse comes to, over TCP and in the TLS handshake.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { suite } from 'node:test';
import { MAX_MESSAGE_BYTES } from '../../../../engine/base/limits.ts';
import { RingHeartbeats } from '../../../../engine/net/ring-heartbeats.ts';
import {
  eventually,
  FIRST_LOCAL,
  hubTest,
  options,
  request,
  response,
  wordsOf,
} from './hub-bench.ts';
import { PemFiles } from './pem-files.ts';

const LIMIT = { timeout: 30_000 };

suite('limits of connections', LIMIT, () => {
  hubTest('CRLF CRLF is answered by CRLF', async (bench) => {
    const peer = await bench.connect();
    peer.socket.write('\r\n\r\n');
    await peer.hears('\r\n');
    peer.socket.write('\r\n');
    peer.socket.write('\r\n');
    await peer.hears('\r\n\r\n');
    assert.equal(bench.hub.figures.pings.answered, 2);
  });

  hubTest('pings of the pacer go over the connection that stands, and open none', async (bench) => {
    const peer = await bench.connect();
    const closed = await bench.listen();
    const pings = new RingHeartbeats(bench.hub.pingSetup());
    pings.setPayload('\r\n\r\n');
    await eventually(() => bench.hub.figures.open.tcp === 1, 'it is taken');
    assert.equal(pings.push(FIRST_LOCAL, wordsOf(peer.endpoint)), true);
    assert.equal(pings.push(FIRST_LOCAL, wordsOf(closed.endpoint)), true);
    assert.equal(pings.push(FIRST_LOCAL, wordsOf({ family: 6, ip: '::1', port: 5060 })), false);
    assert.equal(pings.push(FIRST_LOCAL + 1, wordsOf(peer.endpoint)), false);
    pings.flush();
    await peer.hears('\r\n\r\n');
    peer.socket.write(options(peer.endpoint, '', 'after'));
    await bench.messages(1);
    assert.deepEqual(bench.hub.figures.pings, { answered: 0, sent: 1 });
    assert.equal(closed.accepted.length, 0);
    assert.deepEqual([pings.sent, pings.failed], [2, 0]);
  });

  hubTest('what is not SIP ends the connection', async (bench) => {
    const peer = await bench.connect();
    peer.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await peer.closed();
    await eventually(() => bench.hub.figures.closed.framing === 1, 'it is counted');
  });

  hubTest(
    'a message that does not end in time ends the connection, byte by byte or not',
    async (bench) => {
      const peer = await bench.connect();
      const drip = setInterval(() => peer.socket.write('x'), 100);
      peer.socket.write('OPTIONS sip:x SIP/2.0\r\nX: ');
      await peer.closed();
      clearInterval(drip);
      await eventually(() => bench.hub.figures.closed.slow_sender === 1, 'it is counted');
      assert.equal(bench.taken.length, 0);
    },
    { limits: { messageMs: 500 } },
  );

  hubTest(
    'a silent connection ends, one that talks stays',
    async (bench) => {
      const [silent, lively] = [await bench.connect(), await bench.connect()];
      const talk = setInterval(() => lively.socket.write('\r\n\r\n'), 100);
      await silent.closed();
      clearInterval(talk);
      assert.equal(lively.socket.destroyed, false);
      await eventually(() => bench.hub.figures.closed.idle === 1, 'it is counted');
    },
    { limits: { idleMs: 500 } },
  );

  hubTest(
    'a peer that does not read is closed, and its requests come back',
    async (bench) => {
      const peer = await bench.connect();
      peer.socket.write(options(peer.endpoint));
      const { from } = (await bench.messages(1))[0]!;
      peer.socket.pause();
      const text = request('tel:1').replace('\r\n\r\n', `\r\nX: ${'y'.repeat(60_000)}\r\n\r\n`);
      for (let i = 0; i < 400 && bench.hub.figures.closed.slow_reader === 0; i++) {
        bench.send(from, text);
        await new Promise(setImmediate);
      }
      await eventually(() => bench.hub.figures.closed.slow_reader === 1, 'it is closed');
      await eventually(() => bench.taken.some((each) => each.undeliverable), 'requests come back');
    },
    { limits: { unsentBytes: 200_000 }, ringBytes: 8 << 20 },
  );

  hubTest(
    'connections beyond the limits are closed at once, and counted',
    async (bench) => {
      const kept = await bench.connect();
      const refused = await bench.connect();
      await refused.closed();
      assert.deepEqual(bench.hub.figures.refused, { total: 0, source: 1 });
      kept.socket.destroy();
      await eventually(() => bench.hub.figures.open.tcp === 0, 'its place is free');
      const next = await bench.connect();
      next.socket.write('\r\n\r\n');
      await next.hears('\r\n');
    },
    { limits: { connectionsPerSource: 1 } },
  );

  hubTest(
    'a shard that is stuck holds its senders up: nothing is lost',
    async (bench) => {
      bench.reading = false;
      const peer = await bench.connect();
      const text = options(peer.endpoint).replace(
        '\r\n\r\n',
        `\r\nX: ${'y'.repeat(30_000)}\r\n\r\n`,
      );
      for (let i = 0; i < 100; i++) peer.socket.write(text);
      await new Promise((resolve) => setTimeout(resolve, 100));
      bench.reading = true;
      const reading = setInterval(() => {
        bench.read();
      }, 5);
      await bench.messages(100);
      clearInterval(reading);
      assert.equal(bench.hub.figures.messages.received, 100);
    },
    { ringBytes: 1 << 20 },
  );

  hubTest('the end of the hub ends its connections', async (bench) => {
    const peer = await bench.connect();
    await eventually(() => bench.hub.figures.open.tcp === 1, 'it is taken');
    const closed = once(peer.socket, 'close');
    await bench.hub.close();
    await closed;
  });

  hubTest(
    'who connects and says nothing is closed in the time of a message',
    async (bench) => {
      const [silent, pinging] = [await bench.connect(), await bench.connect()];
      pinging.socket.write('\r\n\r\n');
      await silent.closed();
      await eventually(() => bench.hub.figures.closed.slow_sender === 1, 'it is counted');
      assert.equal(pinging.socket.destroyed, false);
    },
    { limits: { messageMs: 300 } },
  );

  hubTest(
    'who pings on and does not read is closed',
    async (bench) => {
      const peer = await bench.connect();
      peer.socket.pause();
      const pings = '\r\n\r\n'.repeat(50_000);
      const { closed } = bench.hub.figures;
      const written = (): Promise<unknown> =>
        new Promise((resolve) => peer.socket.write(pings, resolve));
      while (closed.slow_reader === 0 && !peer.socket.destroyed) {
        await Promise.race([written(), peer.closed()]);
      }
      await eventually(() => closed.slow_reader === 1, 'it is counted');
    },
    { limits: { unsentBytes: 65_536 } },
  );

  const tooLarge: readonly (readonly [string, string])[] = [
    ['a header without end', `OPTIONS sip:x SIP/2.0\r\nX: ${'y'.repeat(MAX_MESSAGE_BYTES)}`],
    [
      'a body beyond the limit',
      `OPTIONS sip:x SIP/2.0\r\nContent-Length: ${MAX_MESSAGE_BYTES}\r\n\r\n`,
    ],
  ];
  for (const [what, text] of tooLarge) {
    hubTest(`${what} ends the connection`, async (bench) => {
      const peer = await bench.connect();
      peer.socket.write(text);
      await peer.closed();
      await eventually(() => bench.hub.figures.closed.framing === 1, 'it is counted');
      assert.equal(bench.taken.length, 0);
    });
  }

  hubTest(
    'the limit of all connections holds for those of ours too: the request comes back',
    async (bench) => {
      const server = await bench.listen();
      await bench.connect();
      const refused = await bench.connect();
      await refused.closed();
      assert.deepEqual(bench.hub.figures.refused, { total: 1, source: 0 });
      bench.send(server.endpoint, request('sip:a@b'));
      const [back] = await bench.messages(1);
      assert.equal(back!.undeliverable, true);
      assert.deepEqual(bench.hub.figures.refused, { total: 2, source: 0 });
      assert.equal(server.accepted.length, 0);
    },
    { limits: { connections: 1 } },
  );

  hubTest('who closes his half is closed; his answer goes to where he listens', async (bench) => {
    const server = await bench.listen();
    const peer = await bench.connect();
    peer.socket.end(options(peer.endpoint));
    const { from } = (await bench.messages(1))[0]!;
    await peer.closed();
    await eventually(() => bench.hub.figures.closed.peer === 1, 'it is counted');
    bench.send(from, response(`SIP/2.0/TCP 127.0.0.1:${server.endpoint.port};branch=x`, 'half'));
    await (await server.connection()).hears('Call-ID: half');
  });

  hubTest('the system asks whether silent peers are still there', async (bench) => {
    const peer = await bench.connect();
    peer.socket.write('\r\n\r\n');
    await peer.hears('\r\n');
    // tcp(7): the timer of our end of the connection; 02 is that of keep-alives.
    const [ours, theirs] = [bench.port, peer.endpoint.port].map(hex);
    const line = new RegExp(`0100007F:${ours} 0100007F:${theirs} 01 \\S+ 02:`);
    assert.match(readFileSync('/proc/net/tcp', 'latin1'), line);
  });
});

const pem = new PemFiles();
const TLS = {
  addresses: [
    {
      family: 4 as const,
      ip: '127.0.0.1',
      port: 0,
      tls: {
        pairs: [pem.issue('switch', ['IP:127.0.0.1'])],
        ca: pem.ca,
        clientCertificates: 'none' as const,
      },
    },
  ],
  limits: { messageMs: 300, connectionsPerSource: 1 },
};

suite('limits of TLS handshakes', LIMIT, () => {
  for (const [what, said] of [
    ['silence', ''],
    ['half a handshake', '\x16\x03\x01\x02'],
    ['no handshake at all', 'OPTIONS sip:x SIP/2.0\r\n\r\n'],
  ] as const) {
    hubTest(
      `${what} ends the connection in time, and its place is free again`,
      async (bench) => {
        const peer = await bench.connect();
        peer.socket.write(Buffer.from(said, 'latin1'));
        await peer.closed();
        await eventually(() => bench.hub.figures.closed.handshake === 1, 'it is counted');
        const next = connect(bench.port, '127.0.0.1');
        await once(next, 'connect');
        next.end();
        await once(next, 'close');
        assert.equal(bench.hub.figures.refused.source, 0);
      },
      TLS,
    );
  }
});

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
