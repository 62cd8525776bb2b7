// STUN through a whole core: answered to its source and counted, bounded per second, next to CRLF
// keep-alives, which are only counted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { EDGE } from '../../sim/edge.ts';
import { Flow } from './flow.ts';

const DEVICE: Endpoint = { family: 4, ip: '192.0.2.1', port: 32853 };
const BINDING = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex').toString('latin1');
const SUCCESS = '0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643';

function flowWithDevice(): { flow: Flow; came: string[] } {
  const flow = new Flow();
  const came: string[] = [];
  flow.network.attach(DEVICE, {
    receive: ({ text }) => came.push(Buffer.from(text, 'latin1').toString('hex')),
    unreachable: () => assert.fail('the switch is there'),
  });
  return { flow, came };
}

test('a Binding request from anybody is answered; a response and CRLF are only counted', () => {
  const { flow, came } = flowWithDevice();
  flow.network.send(DEVICE, EDGE, BINDING);
  flow.network.send(DEVICE, EDGE, Buffer.from(SUCCESS, 'hex').toString('latin1'));
  flow.network.send(DEVICE, EDGE, '\r\n\r\n');
  flow.run();
  assert.deepEqual(came, [SUCCESS]);
  assert.equal(flow.edge.counter('stunAnswered'), 1);
  assert.equal(flow.edge.counter('stunDropped'), 1);
  assert.equal(flow.edge.counter('keepAlivesReceived'), 1);
});

test('a flood of requests gets no more than 10,000 answers a second', () => {
  const { flow, came } = flowWithDevice();
  for (let i = 0; i < 10_100; i++) flow.network.send(DEVICE, EDGE, BINDING);
  flow.run();
  assert.equal(came.length, 10_000);
  assert.equal(flow.edge.counter('stunDropped'), 100);
  flow.run(1000);
  flow.network.send(DEVICE, EDGE, BINDING);
  flow.run();
  assert.equal(came.length, 10_001);
});
