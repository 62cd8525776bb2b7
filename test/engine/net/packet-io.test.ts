// Packet I/O, the same demands on native and portable: echo, bursts, sizes, addresses, shards,
// restart, wake-ups, unusable destinations.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { TandemError } from '../../../engine/base/errors.ts';
import type { ListenAddress } from '../../../engine/net/listen-address.ts';
import { MAX_DATAGRAM_BYTES } from '../../../engine/net/packet-io.ts';
import { shardOfCallId } from '../../../engine/net/shard-of.ts';
import { Client, ShardThreads } from './shard-threads.ts';

const LIMIT = { timeout: 20_000 };
const LOOPBACK: ListenAddress = { family: 4, ip: '127.0.0.1', port: 0 };
const LOOPBACK_6: ListenAddress = { family: 6, ip: '::1', port: 0 };

/** A port of the loopback where nobody listens. */
async function closedPort(family: 4 | 6): Promise<number> {
  const client = await Client.open(family);
  const { port } = client.socket.address();
  await client.close();
  return port;
}

for (const kind of ['native', 'portable'] as const) {
  suite(`packet I/O, ${kind}`, LIMIT, () => {
    test('answers leave from the listen address that was asked, IPv4 and IPv6', async () => {
      const other = { ...LOOPBACK, ip: '127.0.0.2' };
      const threads = await ShardThreads.open(kind, [LOOPBACK, LOOPBACK_6, other]);
      assert.equal(threads.main.kind, kind);
      const ips = ['127.0.0.1', '::1', '127.0.0.2'];
      for (const [local, ip] of ips.entries()) {
        const client = await Client.open(ip === '::1' ? 6 : 4);
        const port = threads.main.ports[local]!;
        await client.send(`a@b|echo|${ip}`, port, ip);
        assert.deepEqual(await client.received(1), [`0 ${local} a@b|echo|${ip}`]);
        assert.equal(client.answers[0]!.port, port);
        await client.close();
      }
      await threads.close();
      assert.equal(threads.counters.sum('netReceived'), 3);
      assert.equal(threads.counters.sum('netSent'), 3);
    });

    test('a burst of 2,000 datagrams is answered without loss', async () => {
      const threads = await ShardThreads.open(kind, [LOOPBACK]);
      const client = await Client.open();
      const sends = Array.from({ length: 2000 }, (_, i) =>
        client.send(`call-${i}|echo|${'x'.repeat(i % 700)}`, threads.main.ports[0]!),
      );
      await Promise.all(sends);
      const answers = await client.received(2000);
      assert.equal(new Set(answers).size, 2000);
      assert.equal(threads.main.drops()[0]!.drops, 0);
      await client.close();
      await threads.close();
    });

    test('datagrams of every size pass byte for byte, one byte more is refused', async () => {
      const threads = await ShardThreads.open(kind, [LOOPBACK]);
      const client = await Client.open();
      const sizes = [6, 500, 1500, 9000, 65_000, MAX_DATAGRAM_BYTES];
      for (const [i, size] of sizes.entries()) {
        const bytes = Buffer.from(Array.from({ length: size }, (_, at) => (at * 7) & 0xff));
        Buffer.from('a|raw|').copy(bytes);
        await client.send(bytes, threads.main.ports[0]!);
        await client.received(i + 1);
        assert.ok(client.answers[i]!.bytes.equals(bytes), `${size} bytes`);
      }
      await client.send('a|grow|', threads.main.ports[0]!);
      assert.equal((await client.received(sizes.length + 1)).at(-1), '0 0 refused');
      await client.close();
      await threads.close();
      assert.equal(threads.counters.sum('netSendDropped'), 1);
    });

    test('an empty datagram and one without a Call-ID do no harm', async () => {
      const threads = await ShardThreads.open(kind, [LOOPBACK], 2);
      const client = await Client.open();
      await client.send('', threads.main.ports[0]!);
      await client.send('\r\n\r\n', threads.main.ports[0]!);
      const answers = await client.received(2);
      assert.deepEqual(answers.map((text) => text.slice(4)).sort(), ['', '\r\n\r\n']);
      await client.close();
      await threads.close();
    });

    for (const shards of [2, 4]) {
      test(`${shards} shards: every datagram lands once, in its Call-ID's shard`, async () => {
        const threads = await ShardThreads.open(kind, [LOOPBACK, LOOPBACK_6], shards);
        const clients = await Promise.all(
          Array.from({ length: 8 }, (_, i) => Client.open(i % 2 === 0 ? 4 : 6)),
        );
        const perClient = 150;
        const expected = clients.map((client, c) =>
          Array.from({ length: perClient }, (_, i) => {
            const own = `tdm0${i % 10}-${c}`;
            const callId = i % 3 === 0 ? own : `${c}-${i}@peer.example`;
            const local = c % 2;
            void client.send(`${callId}|echo|${i}`, threads.main.ports[local]!);
            const shard = shardOfCallId(Buffer.from(callId), 0, callId.length, shards);
            return `${shard} ${local} ${callId}|echo|${i}`;
          }),
        );
        for (const [c, client] of clients.entries()) {
          const answers = await client.received(perClient);
          assert.deepEqual(answers.sort(), expected[c]!.sort());
          await client.close();
        }
        const answeringShards = new Set(expected.flat().map((text) => text[0]));
        assert.equal(answeringShards.size, shards, 'all shards had their part');
        if (kind === 'native') assert.ok(threads.counters.sum('netForwarded') > 0);
        assert.equal(threads.counters.sum('netForwardDropped'), 0);
        await threads.close();
      });
    }

    test('wake ends a long wait at once, also when it comes first', async () => {
      const threads = await ShardThreads.open(kind, [LOOPBACK], 2);
      const client = await Client.open();
      const start = performance.now();
      await client.send('tdm00-a|echo|', threads.main.ports[0]!);
      await client.received(1);
      assert.equal(await threads.stop(0), 0);
      assert.equal(await threads.stop(1), 0);
      assert.ok(performance.now() - start < 10_000, 'the shards wait 20 s when nobody wakes them');
      await client.close();
      await threads.close();
    });

    test("a shard's successor finds what came while nobody was there", async () => {
      const threads = await ShardThreads.open(kind, [LOOPBACK], 2);
      const client = await Client.open();
      await client.send('tdm00-a|echo|', threads.main.ports[0]!);
      await client.received(1);
      await threads.stop(0);
      for (let i = 0; i < 20; i++) await client.send(`tdm00-${i}|echo|`, threads.main.ports[0]!);
      await client.send('tdm01-a|echo|', threads.main.ports[0]!);
      threads.start(0);
      await threads.stop(0);
      threads.start(0);
      const answers = await client.received(22);
      assert.equal(new Set(answers).size, 22);
      await client.close();
      await threads.close();
    });

    test('destinations that cannot work do not take others with them', async () => {
      const threads = await ShardThreads.open(kind, [LOOPBACK]);
      const client = await Client.open();
      for (let i = 1; i <= 3; i++) {
        await client.send('a|mixed|', threads.main.ports[0]!);
        assert.equal((await client.received(i)).at(-1), '0 0 mixed');
      }
      await client.close();
      await threads.close();
      assert.equal(threads.counters.sum('netSendDropped'), 3 * 2 * 4);
      const refusedByKernel =
        kind === 'native' ? threads.counters.sum('netSendErrors') : threads.main.drops()[0]!.drops;
      assert.equal(refusedByKernel, 3 * 2);
    });

    test('an address that is taken or not ours fails with its name and the reason', async () => {
      const other = createSocket('udp4');
      other.bind(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address();
      const cases: [ListenAddress, RegExp][] = [
        [{ ...LOOPBACK, port }, new RegExp(`udp://127.0.0.1:${port}.*EADDRINUSE`)],
        [{ family: 4, ip: '192.0.2.77', port: 5099 }, /udp:\/\/192\.0\.2\.77:5099.*EADDRNOTAVAIL/],
      ];
      for (const [address, message] of cases) {
        await assert.rejects(ShardThreads.open(kind, [LOOPBACK, address]), (error) => {
          assert.ok(error instanceof TandemError);
          assert.equal(error.code, 'TDM_LISTEN_FAILED');
          assert.match(error.message, message);
          return true;
        });
      }
      other.close();
    });
  });
}

suite('packet I/O, native only', LIMIT, () => {
  for (const family of [4, 6] as const) {
    test(`a closed port is reported with destination and payload, IPv${family}`, async () => {
      const listen = family === 4 ? LOOPBACK : LOOPBACK_6;
      const threads = await ShardThreads.open('native', [listen]);
      const client = await Client.open(family);
      const ip = client.socket.address().address;
      const port = await closedPort(family);
      await client.send(`a|to:${ip} ${port}|INVITE`, threads.main.ports[0]!);
      const reports = await client.received(1);
      assert.deepEqual(reports, [`unreachable ${ip} ${port} INVITE`]);
      await client.send('a|echo|still here', threads.main.ports[0]!);
      assert.equal((await client.received(2))[1], '0 0 a|echo|still here');
      await client.close();
      await threads.close();
      assert.equal(threads.counters.sum('netUnreachable'), 1);
    });
  }

  test(
    'a sleep that gathers packets is told of, and lasts as long as was said',
    LIMIT,
    async () => {
      const threads = await ShardThreads.open('native', [LOOPBACK]);
      const client = await Client.open();
      const port = threads.main.ports[0]!;
      // Enough at once that the rate is worth gathering at on a slow machine too.
      for (let i = 0; i < 40; i++) {
        await Promise.all(
          Array.from({ length: 250 }, (_, n) => client.send(`${i}-${n}|echo|`, port)),
        );
        await client.received(250 * (i + 1));
      }
      await client.send('a|asleep|', port);
      const [, , sleeps, shorter] = (await client.received(10_001)).at(-1)!.split(' ').map(Number);
      assert.ok(sleeps! >= 10, `${sleeps} sleeps`);
      assert.equal(shorter, 0);
      await client.close();
      await threads.close();
    },
  );

  test('an ICMP error comes to the shard of its call, whichever socket it arrives at', async () => {
    const shards = 4;
    const threads = await ShardThreads.open('native', [LOOPBACK], shards);
    const client = await Client.open();
    for (let i = 0; i < 24; i++) {
      const port = await closedPort(4);
      const callId = `tdm0${i % shards}-${i}`;
      // Only the shard that was asked knows whom to tell.
      await client.send(`${callId}|to:127.0.0.1 ${port}|${callId}|`, threads.main.ports[0]!);
      const reports = await client.received(i + 1);
      assert.equal(reports[i], `unreachable 127.0.0.1 ${port} ${callId}|`);
    }
    await client.close();
    await threads.close();
    assert.equal(threads.counters.sum('netUnreachable'), 24);
  });

  test('a second switch cannot share a port unnoticed', async () => {
    const threads = await ShardThreads.open('native', [LOOPBACK], 2);
    const taken = { ...LOOPBACK, port: threads.main.ports[0]! };
    await assert.rejects(ShardThreads.open('native', [taken]), /EADDRINUSE/);
    await threads.close();
  });
});
