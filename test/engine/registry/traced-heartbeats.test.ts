// Heartbeats in a trace (NAT-14): those to one device, with their times, and none of others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { TracedHeartbeats } from '../../../engine/registry/traced-heartbeats.ts';
import { CallTracer } from '../../../engine/trace/call-tracer.ts';
import { readRecord, type StoredRecord } from '../../../engine/trace/trace-record.ts';
import { trace } from '../trace/trace-flow.ts';

const LOCAL = { family: 4, ip: '192.0.2.1', port: 5060 } as const;

function wordsOf(ip: string): Uint32Array {
  const { head, a0, a1, a2, a3, scope } = toSocketEndpoint({
    family: ip.includes(':') ? 6 : 4,
    ip,
    port: 40_001,
  })!;
  return new Uint32Array([head, a0, a1, a2, a3, scope]);
}

/** Listen address of TCP. */
const STREAM = 1;

test('an address traced: its heartbeats with their times; all of them are sent', () => {
  const records: StoredRecord[] = [];
  const sent: number[] = [];
  let payload = '';
  let nowMs = 5000;
  const tracer = new CallTracer({
    clock: { wallMs: () => nowMs, monoMs: () => nowMs },
    counters: { add: () => undefined, set: () => undefined },
    sink: {
      offer: (_type, bytes, length) => {
        records.push(readRecord(Buffer.from(bytes.subarray(0, length)), 0, length)!);
        return true;
      },
    },
    locals: [
      { endpoint: LOCAL, transport: 'udp' },
      { endpoint: LOCAL, transport: 'tcp' },
    ],
  });
  const heartbeats = new TracedHeartbeats(
    {
      sent: 0,
      failed: 0,
      setPayload: (text) => {
        payload = text;
      },
      payloadFrom: (local) => (local === STREAM ? '\r\n\r\n' : payload),
      push: (local) => sent.push(local) > 0,
      flush: () => undefined,
    },
    tracer,
  );
  const cycle = (): void => {
    for (const ip of ['198.51.100.7', '198.51.100.8', '2001:db8::7']) {
      assert.ok(heartbeats.push(0, wordsOf(ip)));
    }
    nowMs += 30_000;
  };
  heartbeats.setPayload('HELLO');
  cycle();
  assert.equal(records.length, 0);
  heartbeats.mountTraces([trace('ip', '198.51.100.7'), trace('number', '44*')]);
  cycle();
  heartbeats.setPayload('PING');
  cycle();
  assert.ok(heartbeats.push(STREAM, wordsOf('198.51.100.7')));
  heartbeats.mountTraces([]);
  cycle();
  assert.deepEqual(
    records.map(({ timeUs, message, remote: { ip, port } }) => {
      return `${timeUs / 1000} ${message.toString('latin1')} ${ip}:${port}`;
    }),
    [
      '35000 HELLO 198.51.100.7:40001',
      '65000 PING 198.51.100.7:40001',
      '95000 \r\n\r\n 198.51.100.7:40001',
    ],
  );
  assert.equal(sent.length, 13);
});
