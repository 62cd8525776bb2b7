// Connections that ended, as the location table has it: whose devices are away, and until when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { Away, createLocationTable, Kind } from '../../../engine/registry/location-layout.ts';
import { LocationWriter } from '../../../engine/registry/location-writer.ts';
import { LostConnections } from '../../../engine/registry/lost-connections.ts';
import { sourceWords } from '../../../engine/registry/source-words.ts';
import { registration } from './registrations.ts';

const TCP = 1;
const FAR: Endpoint = { family: 4, ip: '203.0.113.7', port: 49_152 };
const FAR6: Endpoint = { family: 6, ip: '2001:db8::7', port: 49_152 };

function table(): {
  lost: LostConnections;
  writer: LocationWriter;
  put: (aor: string, changes: { from?: Endpoint; local?: number; behindNat?: boolean }) => number;
} {
  const memory = createLocationTable(20, 1);
  const writer = new LocationWriter(memory, 0);
  return {
    lost: new LostConnections(memory, TCP),
    writer,
    put: (aor, { from = FAR, local = TCP, behindNat = true }) => {
      return writer.put(registration({ aor, source: sourceWords(from)!, local, behindNat }));
    },
  };
}

function lostOf(from: Endpoint, local = TCP) {
  return { local, peer: toSocketEndpoint(from)! };
}

test('devices behind NAT are away with their connection, and it alone', () => {
  const { lost, writer, put } = table();
  const gone = [put('1', {}), put('2', {}), put('3', { from: FAR6 })];
  const there = [
    put('4', { from: { ...FAR, port: 49_153 } }),
    put('5', { from: { ...FAR, ip: '203.0.113.8' } }),
    put('6', { local: 2 }),
    put('7', { local: 0 }),
    put('8', { behindNat: false }),
  ];
  assert.equal(lost.mark([lostOf(FAR), lostOf(FAR6), lostOf({ ...FAR, port: 1 })]), gone.length);
  for (const record of gone) assert.equal(writer.awayOf(record), Away.Disconnected);
  for (const record of there) assert.equal(writer.isReachable(record), true);
  assert.equal(writer.lookUp('1', 0).length, 1, 'the registration stays');
  assert.equal(writer.lookUp('1', 0, true).length, 0);
  const again = put('1', { from: { ...FAR, port: 50_000 } });
  assert.equal(writer.isReachable(again), true, 'a REGISTER brings it back');
});

test('after a restart all devices behind NAT with connections are away', () => {
  const { lost, writer, put } = table();
  const [device, plain, datagrams] = [
    put('1', {}),
    put('2', { behindNat: false }),
    put('3', { local: 0 }),
  ];
  assert.equal(lost.markAll(), 1);
  assert.deepEqual(
    [device, plain, datagrams].map((record) => writer.isReachable(record)),
    [false, true, true],
  );
});

test('who registers anew between the two looks is not away', () => {
  const { lost, writer, put } = table();
  const record = put('1', {});
  const setAway = lost.setAway.bind(lost);
  let looked = 0;
  lost.setAway = (at, away) => {
    setAway(at, away);
    if (looked++ === 0) put('1', { from: { ...FAR, port: 50_000 } });
  };
  assert.equal(lost.mark([lostOf(FAR)]), 0);
  assert.equal(writer.isReachable(record), true);
});

test('of a gateway calls and lists hear of it at once', () => {
  const { lost, writer } = table();
  const kind = Kind.RoutingGateway;
  const record = writer.put(registration({ kind, source: sourceWords(FAR)!, local: TCP }));
  const [changes, version] = [writer.gatewayChanges, writer.versionOf(record)];
  lost.mark([lostOf(FAR)]);
  assert.notEqual(writer.gatewayChanges, changes);
  assert.equal(writer.versionOf(record), version + 2);
});
