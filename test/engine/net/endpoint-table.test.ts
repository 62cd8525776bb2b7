// Interned endpoints: one object per address, bounded under a flood, text and words alike.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EndpointTable, toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import type { SocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { AF_INET, AF_INET6, sockaddrHead } from '../../../engine/net/sockaddr.ts';

const port = fc.integer({ min: 1, max: 65_535 });

function internAgain(table: EndpointTable, e: SocketEndpoint): SocketEndpoint {
  return table.intern(e.head, e.a0, e.a1, e.a2, e.a3, e.scope);
}

test('text to endpoint and back, and the same object for the same words', () => {
  const address = fc.oneof(
    fc.record({ family: fc.constant(4 as const), ip: fc.ipV4(), port }),
    fc.record({ family: fc.constant(6 as const), ip: fc.constant('2001:db8::5:1'), port }),
  );
  fc.assert(
    fc.property(fc.array(address, { minLength: 1, maxLength: 40 }), (addresses) => {
      const table = new EndpointTable(64);
      const first = addresses.map((a) => internAgain(table, toSocketEndpoint(a)!));
      addresses.forEach((a, i) => {
        const { family, ip, port: p } = first[i]!;
        assert.deepEqual({ family, ip, port: p }, { ...a });
        assert.equal(internAgain(table, toSocketEndpoint(a)!), first[i]);
      });
      assert.equal(table.size, new Set(first).size);
    }),
  );
});

test('sockaddrs of both families are read where they stand', () => {
  const table = new EndpointTable(16);
  const words = new Uint32Array(20);
  words[1] = sockaddrHead(AF_INET, 5060);
  words[2] = 0x010200c0;
  words[3] = 0xdead;
  const four = table.internSockaddr(words, 1);
  assert.deepEqual([four.family, four.ip, four.port], [4, '192.0.2.1', 5060]);
  words.set([sockaddrHead(AF_INET6, 5061), 99, 0xb80d0120, 0, 0, 0x07000000, 3], 8);
  const six = table.internSockaddr(words, 8);
  assert.deepEqual([six.family, six.ip, six.port, six.scope], [6, '2001:db8::7', 5061, 3]);
});

test('a flood of sources leaves the table bounded and right', () => {
  const table = new EndpointTable(64);
  const head = sockaddrHead(AF_INET, 5060);
  const kept = table.intern(head, 7, 0, 0, 0, 0);
  for (let i = 1000; i < 2000; i++) {
    const endpoint = table.intern(head, i, 0, 0, 0, 0);
    assert.equal(endpoint.a0, i);
    assert.equal(table.intern(head, i, 0, 0, 0, 0), endpoint);
    assert.ok(table.size <= 64);
  }
  assert.equal(table.intern(head, 7, 0, 0, 0, 0).ip, kept.ip);
});

test('a foreign endpoint is resolved once, an unusable one never', () => {
  const table = new EndpointTable();
  const plain = { family: 4, ip: '192.0.2.9', port: 5060 } as const;
  const resolved = table.resolve(plain);
  assert.equal(resolved?.ip, '192.0.2.9');
  assert.equal(table.resolve(plain), resolved);
  assert.equal(table.resolve(resolved), resolved);
  for (const port of [0, -1, 65_536, 1.5, Number.NaN]) {
    assert.equal(table.resolve({ ...plain, port }), null);
  }
  assert.equal(table.resolve({ ...plain, ip: 'example.com' }), null);
  assert.equal(table.resolve({ ...plain, family: 6 }), null);
});
