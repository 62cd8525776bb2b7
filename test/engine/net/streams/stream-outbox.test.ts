// A shard's end of TCP and TLS: what finds no room in its ring comes back to its transactions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../../engine/base/clock.ts';
import { MAX_MESSAGE_BYTES } from '../../../../engine/base/limits.ts';
import { DatagramReader } from '../../../../engine/net/datagram-record.ts';
import { EndpointTable } from '../../../../engine/net/endpoint-table.ts';
import { StreamOutbox } from '../../../../engine/net/streams/stream-outbox.ts';
import { createRing } from '../../../../engine/shm/ring.ts';
import { createWakers } from '../../../../engine/shm/waker.ts';

const TO = { family: 4, ip: '192.0.2.7', port: 5060 } as const;
const HEAD = 'BYE sip:a@b SIP/2.0\r\n\r\n';

function outbox(): { outbox: StreamOutbox; read: () => string[] } {
  const outbound = createRing(1 << 20);
  const setup = { inbound: createRing(1 << 20), outbound, wakers: createWakers(2) };
  const endpoints = new EndpointTable();
  const reader = new DatagramReader(outbound, endpoints);
  return {
    outbox: new StreamOutbox(setup, endpoints, systemClock),
    read: () => {
      const texts: string[] = [];
      reader.read((buf, start, end) => texts.push(buf.toString('latin1', start, end)), 1000);
      return texts;
    },
  };
}

test('main sees what was pushed once it is flushed', () => {
  const { outbox: box, read } = outbox();
  const body = Buffer.from('xxbodyxx');
  assert.equal(box.push(2, TO, HEAD, body, 2, 6), true);
  assert.deepEqual(read(), []);
  assert.equal(box.flush(), 1);
  assert.deepEqual(read(), [`${HEAD}body`]);
  assert.equal(box.flush(), 0);
});

test('a full ring: the headers come back with their destination; later there is room again', () => {
  const { outbox: box, read } = outbox();
  const body = Buffer.alloc(60_000);
  let taken = 0;
  while (box.push(2, TO, HEAD, body, 0, body.length)) taken++;
  const back: [string, string][] = [];
  box.refused.take((bytes, { ip }) => back.push([bytes.toString('latin1'), ip]));
  assert.deepEqual(back, [[HEAD, TO.ip]]);
  box.flush();
  assert.equal(read().length, taken);
  assert.equal(box.push(2, TO, HEAD, body, 0, body.length), true);
  assert.ok(box.refused.isEmpty);
});

test('what is too large, or goes nowhere, is refused', () => {
  const { outbox: box } = outbox();
  const body = Buffer.alloc(MAX_MESSAGE_BYTES);
  assert.equal(box.push(2, TO, HEAD, body, 0, body.length), false);
  assert.equal(box.push(2, { ...TO, port: 0 }, HEAD, null, 0, 0), false);
  assert.ok(box.refused.isEmpty);
});
