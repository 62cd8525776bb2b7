// Heartbeats on real sockets, native and portable alike: the payload as it is, from the SIP port,
// to each address once, IPv4 and IPv6, many more than one system call takes.
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../engine/base/clock.ts';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { openHeartbeatIo, type HeartbeatIo } from '../../../engine/net/heartbeat-io.ts';
import { openMainIo, type MainIo } from '../../../engine/net/open-io.ts';
import type { StreamLimits } from '../../../engine/net/streams/stream-connection.ts';
import { shardOf } from '../../../engine/shard/shard-of.ts';

/** Listen address of TCP, behind the two of UDP. */
const TCP = 2;
const STREAM_LIMITS: StreamLimits = {
  connections: 10,
  connectionsPerSource: 10,
  messageMs: 10_000,
  idleMs: 60_000,
  connectMs: 4000,
  unsentBytes: 65_536,
};

/** Something came to one of the devices. */
const arrivals = new EventEmitter();

interface Device {
  readonly socket: Socket;
  readonly words: Uint32Array;
  readonly came: { text: string; port: number }[];
}

async function device(t: TestContext, ip: string): Promise<Device> {
  const family = ip.includes(':') ? 6 : 4;
  const socket = createSocket({ type: `udp${family}`, recvBufferSize: 4 << 20 });
  socket.bind(0, ip);
  await once(socket, 'listening');
  const came: Device['came'] = [];
  socket.on('message', (bytes, { port }) => {
    came.push({ text: bytes.toString('latin1'), port });
    arrivals.emit('one');
  });
  t.after(() => socket.close());
  return { socket, came, words: wordsOf(ip, socket.address().port) };
}

function wordsOf(ip: string, port: number): Uint32Array {
  const to = toSocketEndpoint({ family: ip.includes(':') ? 6 : 4, ip, port })!;
  return Uint32Array.of(to.head, to.a0, to.a1, to.a2, to.a3, to.scope);
}

async function arrived(count: number, ...devices: Device[]): Promise<void> {
  const total = (): number => devices.reduce((sum, { came }) => sum + came.length, 0);
  while (total() < count) await once(arrivals, 'one');
}

async function open(
  t: TestContext,
  kind: 'native' | 'portable',
): Promise<{ main: MainIo; io: HeartbeatIo }> {
  const addresses = ['127.0.0.1', '::1'].map((ip) => ({
    family: ip === '::1' ? (6 as const) : (4 as const),
    ip,
    port: 0,
  }));
  const main = await openMainIo({
    choice: kind,
    addresses,
    shards: 1,
    clock: systemClock,
    shardOf,
    streams: {
      addresses: [{ family: 4, ip: '127.0.0.1', port: 0, tls: null }],
      limits: STREAM_LIMITS,
      warn: () => undefined,
      lost: () => undefined,
    },
  });
  t.after(() => main.close());
  return { main, io: openHeartbeatIo(main.heartbeatSetup()) };
}

for (const kind of ['native', 'portable'] as const) {
  suite(`heartbeats, ${kind}`, { timeout: 20_000 }, () => {
    test('the bytes as they are, from the listen address that was asked', async (t) => {
      const { main, io } = await open(t, kind);
      const [v4, v6] = [await device(t, '127.0.0.1'), await device(t, '::1')];
      for (const payload of ['HELLO', '\r\n\r\n', 'x'.repeat(1200)]) {
        io.setPayload(payload);
        assert.equal(io.push(0, v4.words), true);
        assert.equal(io.push(1, v6.words), true);
        io.flush();
      }
      await arrived(6, v4, v6);
      const texts = ['HELLO', '\r\n\r\n', 'x'.repeat(1200)];
      assert.deepEqual(
        v4.came,
        texts.map((text) => ({ text, port: main.ports[0] })),
      );
      assert.deepEqual(
        v6.came,
        texts.map((text) => ({ text, port: main.ports[1] })),
      );
      assert.equal(io.sent, 6);
    });

    test('a batch of 3,000 reaches 300 addresses ten times each', async (t) => {
      const { io } = await open(t, kind);
      const devices: Device[] = [];
      for (let i = 0; i < 300; i++)
        devices.push(await device(t, `127.0.${1 + (i >> 7)}.${1 + (i & 127)}`));
      io.setPayload('HELLO');
      for (let i = 0; i < 3000; i++) assert.ok(io.push(0, devices[i % 300]!.words));
      io.flush();
      await arrived(3000, ...devices);
      assert.ok(devices.every(({ came }) => came.length === 10));
      assert.deepEqual([io.sent, io.failed], [3000, 0]);
    });

    test('over TCP a ping on the connection of the device, whatever the payload', async (t) => {
      const { main, io } = await open(t, kind);
      const socket = connect(main.ports[TCP]!, '127.0.0.1');
      t.after(() => socket.destroy());
      // Main has taken the connection when it has answered over it.
      socket.write('\r\n\r\n');
      await once(socket, 'data');
      io.setPayload('HELLO');
      assert.deepEqual([io.payloadFrom(0), io.payloadFrom(TCP)], ['HELLO', '\r\n\r\n']);
      assert.equal(io.push(TCP, wordsOf('127.0.0.1', socket.localPort!)), true);
      io.flush();
      assert.equal(String((await once(socket, 'data'))[0]), '\r\n\r\n');
      assert.deepEqual([io.sent, io.failed], [1, 0]);
    });

    test('another family or no such listen address: not to be sent from there', async (t) => {
      const { io } = await open(t, kind);
      io.setPayload('HELLO');
      assert.equal(io.push(0, wordsOf('::1', 5060)), false);
      assert.equal(io.push(7, wordsOf('127.0.0.1', 5060)), false);
      assert.equal(io.sent, 0);
    });
  });
}

test('native: who cannot be reached costs only its own heartbeat', async (t) => {
  const { io } = await open(t, 'native');
  const alive = await device(t, '127.0.0.1');
  // Nobody listens there: the kernel tells of it by ICMP, with a later send.
  const gone = wordsOf('127.0.0.2', 9);
  io.setPayload('HELLO');
  // Without SO_BROADCAST the kernel refuses it at once.
  const refused = wordsOf('255.255.255.255', 9);
  for (let round = 0; round < 3; round++) {
    for (const words of [gone, refused, alive.words]) assert.ok(io.push(0, words));
    io.flush();
  }
  await arrived(3, alive);
  assert.equal(io.failed, 3);
  assert.equal(io.sent, 6);
});
