// Native sockets as main opens them: one port for all shards, buffers checked, kernel drops read,
// and a shard's view of a queue that grows old.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenAddress } from '../../../engine/net/listen-address.ts';
import { openListenSockets } from '../../../engine/net/listen-sockets.ts';
import { NativeIo } from '../../../engine/net/native-io.ts';
import { openMainIo } from '../../../engine/net/open-io.ts';
import { parseSocketDrops, socketDrops } from '../../../engine/net/socket-drops.ts';
import { CounterRow, createCounters } from '../../../engine/shm/counters.ts';
import { Client, counterLayout, testShardOf } from './shard-threads.ts';

const four: ListenAddress = { family: 4, ip: '127.0.0.1', port: 0 };
const six: ListenAddress = { family: 6, ip: '::1', port: 0 };

test('the shards of a listen address share its port', () => {
  const open = openListenSockets([four, six], 3, 65_536);
  assert.deepEqual(
    open.listens.map(({ fds }) => fds.length),
    [3, 3],
  );
  assert.equal(new Set(open.listens.flatMap(({ fds }) => fds)).size, 6);
  assert.ok(open.listens.every(({ port }) => port > 0));
  assert.deepEqual(open.warnings, []);
  open.close();
});

test('a buffer that the kernel clamps is told of once per address, with the limit', () => {
  const open = openListenSockets([four], 2, 2 ** 30);
  const receive = open.warnings.filter((text) => text.includes('receive buffer'));
  assert.equal(new Set(receive).size, receive.length);
  assert.match(receive[0]!, /udp:\/\/127\.0\.0\.1:0.* of 1073741824 bytes.*rmem_max is \d+/);
  open.close();
});

test('what the kernel drops shows at the socket that dropped it', async () => {
  const open = openListenSockets([four], 1, 4096);
  const client = await Client.open();
  const { port, fds } = open.listens[0]!;
  assert.deepEqual(socketDrops(fds), [0]);
  for (let i = 0; i < 200; i++) await client.send('x'.repeat(1000), port);
  const [drops] = socketDrops(fds);
  assert.ok(drops! > 100 && drops! < 200, `${drops} dropped`);
  await client.close();
  open.close();
});

test('the table of /proc/net/udp is read by column', () => {
  const table =
    '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   ' +
    'uid  timeout inode ref pointer drops\n' +
    '  42: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     ' +
    '0        0 31337 2 0000000000000000 17\n\n';
  assert.deepEqual([...parseSocketDrops(table)], [[31337, 17]]);
  assert.equal(parseSocketDrops('').size, 0);
});

test('queue age grows while datagrams wait and falls when they are drained', async () => {
  const clock = { now: 5000, wallMs: () => 0, monoMs: () => clock.now };
  const main = await openMainIo({
    choice: 'native',
    addresses: [four],
    shards: 1,
    clock,
    shardOf: testShardOf,
  });
  const setup = main.setupOf(0);
  assert.equal(setup.kind, 'native');
  const counters = new CounterRow(createCounters(counterLayout, 1), counterLayout, 0);
  const services = { clock, shardOf: testShardOf, counters, counterIndex: counterLayout.index };
  const io = new NativeIo(setup, services);
  const client = await Client.open();
  for (let i = 0; i < 150; i++) await client.send(`${i}`, main.ports[0]!);
  let seen = 0;
  const handler = { packet: () => seen++, unreachable: () => undefined };
  io.wait(1000);
  assert.equal(io.receive(handler, 1), 64, 'a batch is not cut');
  clock.now += 40;
  assert.equal(io.queueAgeMs(), 40);
  assert.equal(io.receive(handler, 64), 64);
  io.wait(1000);
  assert.equal(io.queueAgeMs(), 40, 'a wait while datagrams wait does not hide their age');
  io.receive(handler, 64);
  assert.equal(seen, 150);
  assert.equal(io.queueAgeMs(), 0);
  io.close();
  await client.close();
  await main.close();
});
