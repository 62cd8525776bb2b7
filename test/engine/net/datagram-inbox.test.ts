// Datagrams through rings: what goes in comes out with its endpoint, several rings take turns, age.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatagramInbox } from '../../../engine/net/datagram-inbox.ts';
import { DatagramWriter, MIN_DATAGRAM_RING_BYTES } from '../../../engine/net/datagram-record.ts';
import { EndpointTable, toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { MAX_DATAGRAM_BYTES } from '../../../engine/net/packet-io.ts';
import { createRing } from '../../../engine/shm/ring.ts';

const four = toSocketEndpoint({ family: 4, ip: '192.0.2.1', port: 5060 })!;
const six = toSocketEndpoint({ family: 6, ip: '2001:db8::1', port: 65_535 })!;

function setUp(rings: number): {
  inbox: DatagramInbox;
  writers: DatagramWriter[];
  clock: { now: number };
  take: (limit: number) => string[];
} {
  const memory = Array.from({ length: rings }, () => createRing(MIN_DATAGRAM_RING_BYTES));
  const clock = { now: 1_790_000_000_000 };
  const services = { wallMs: () => clock.now, monoMs: () => 0 };
  const inbox = new DatagramInbox(memory, new EndpointTable(), services);
  const take = (limit: number): string[] => {
    const taken: string[] = [];
    inbox.read((buf, start, end, endpoint, local) => {
      const text = buf.toString('latin1', start, end);
      taken.push(`${endpoint.ip} ${endpoint.port} ${local} ${text}`);
    }, limit);
    return taken;
  };
  return { inbox, writers: memory.map((ring) => new DatagramWriter(ring)), clock, take };
}

test('datagrams and messages in parts arrive with endpoint and listen index', () => {
  const { writers, take } = setUp(1);
  const bytes = Buffer.from('..INVITE..');
  assert.ok(writers[0]!.push(1, four, bytes, 2, 8, 0));
  assert.ok(writers[0]!.pushMessage(2, six, 'h\xe9ad ', bytes, 2, 5, 0));
  assert.ok(writers[0]!.pushMessage(0, four, 'alone', null, 0, 0, 0));
  assert.deepEqual(take(9), [], 'nothing before publish');
  writers[0]!.publish();
  assert.deepEqual(take(9), [
    '192.0.2.1 5060 1 INVITE',
    '2001:db8::1 65535 2 h\xe9ad INV',
    '192.0.2.1 5060 0 alone',
  ]);
});

test('the least ring takes the largest datagram, and refuses when it is full', () => {
  const { writers, take } = setUp(1);
  const bytes = Buffer.alloc(MAX_DATAGRAM_BYTES, 'x');
  let pushed = 0;
  while (pushed < 100 && writers[0]!.push(0, four, bytes, 0, bytes.length, 0)) pushed++;
  assert.equal(pushed, Math.floor(MIN_DATAGRAM_RING_BYTES / (MAX_DATAGRAM_BYTES + 50)));
  writers[0]!.publish();
  assert.equal(take(99).length, pushed);
});

test('no ring starves another under a small limit', () => {
  const { writers, take } = setUp(3);
  const bytes = Buffer.from('x');
  writers.forEach((writer, ring) => {
    for (let i = 0; i < 4; i++) writer.push(ring, four, bytes, 0, 1, 0);
    writer.publish();
  });
  const locals = Array.from({ length: 3 }, () => take(2).map((text) => text.split(' ')[2]));
  assert.deepEqual(locals, [
    ['0', '0'],
    ['1', '1'],
    ['2', '2'],
  ]);
});

test('age is that of the oldest datagram read; a clock that was set does not count', () => {
  const { inbox, writers, clock, take } = setUp(2);
  const bytes = Buffer.from('x');
  const put = (writer: number): void => {
    writers[writer]!.push(0, four, bytes, 0, 1, clock.now);
    writers[writer]!.publish();
  };
  put(0);
  clock.now += 30;
  put(1);
  clock.now += 5;
  take(9);
  assert.equal(inbox.ageMs, 35);
  take(9);
  assert.equal(inbox.ageMs, 0);
  for (const step of [-1000, 3_600_000]) {
    put(0);
    clock.now += step;
    take(9);
    assert.equal(inbox.ageMs, 0);
  }
});
