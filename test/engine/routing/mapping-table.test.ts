// Source address → customer: exact addresses, longest range, and agreement with a naive search.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MappingTable } from '../../../engine/routing/mapping-table.ts';
import { mappingGateway } from './fixtures.ts';

function tableOf(entries: Readonly<Record<string, readonly string[]>>): MappingTable {
  return new MappingTable(
    Object.entries(entries).map(([name, remoteIps]) => mappingGateway({ name, remoteIps })),
  );
}

test('an exact address goes before ranges, a longer range before a shorter', () => {
  const table = tableOf({
    wide: ['10.0.0.0/8', '2001:db8::/32'],
    narrow: ['10.1.0.0/16', '2001:db8:1::/48'],
    host: ['10.1.2.3', '2001:db8:1::5'],
  });
  const names = ['10.1.2.3', '10.1.2.4', '10.2.0.0', '11.0.0.0'].map(
    (ip) => table.find(ip, 5060)?.name,
  );
  assert.deepEqual(names, ['host', 'narrow', 'wide', undefined]);
  const v6 = ['2001:db8:1::5', '2001:db8:1::6', '2001:db8:2::', '2001:db9::'];
  assert.deepEqual(
    v6.map((ip) => table.find(ip, 5060)?.name),
    ['host', 'narrow', 'wide', undefined],
  );
});

test('an IPv4 address is found in its mapped form; ::/0 does not claim IPv4', () => {
  const table = tableOf({ v4: ['192.0.2.1', '198.51.100.0/24'], v6: ['::/0'] });
  assert.equal(table.find('::ffff:192.0.2.1', 5060)?.name, 'v4');
  assert.equal(table.find('::ffff:198.51.100.9', 5060)?.name, 'v4');
  assert.equal(table.find('203.0.113.1', 5060), null);
  assert.equal(table.find('2001:db8::1', 5060)?.name, 'v6');
});

test('other spellings of an exact address are found too; garbage is nobody', () => {
  const table = tableOf({ a: ['2001:db8::1'] });
  assert.equal(table.find('2001:0DB8:0:0:0:0:0:1', 5060)?.name, 'a');
  assert.equal(table.find('not an address', 5060), null);
  assert.equal(table.find('', 5060), null);
});

test('agrees with a naive longest match on IPv4', () => {
  // A small space, so that ranges nest and addresses hit.
  const address = fc.nat({ max: 0xff }).map((low) => 0x0a000000 + low * 0x00111111);
  const range = fc.record({ address, length: fc.integer({ min: 0, max: 32 }) });
  const ranges = fc.array(range, { maxLength: 12 });
  const show = (n: number): string =>
    `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
  const start = (n: number, length: number): number =>
    length === 0 ? 0 : (n & (-1 << (32 - length))) >>> 0;
  fc.assert(
    fc.property(ranges, fc.array(address, { minLength: 1, maxLength: 8 }), (given, probes) => {
      const table = new MappingTable(
        given.map(({ address: n, length }, i) =>
          mappingGateway({ name: `g${i}`, remoteIps: [`${show(start(n, length))}/${length}`] }),
        ),
      );
      for (const probe of probes) {
        let best: { name: string; length: number } | undefined;
        given.forEach(({ address: n, length }, i) => {
          const holds = start(probe, length) === start(n, length);
          if (holds && length > (best?.length ?? -1)) best = { name: `g${i}`, length };
        });
        assert.equal(table.find(show(probe), 5060)?.name, best?.name, show(probe));
      }
    }),
    { numRuns: 500 },
  );
});

test('by address and port: the port chooses among gateways of one address', () => {
  const at = { remoteIps: ['192.0.2.1', '198.51.100.0/24'], authentication: 'ip-port' as const };
  const table = new MappingTable([
    mappingGateway({ ...at, name: 'a', signalPort: 5070 }),
    mappingGateway({ ...at, name: 'b', signalPort: 5080 }),
    mappingGateway({ name: 'digest', remoteIps: ['203.0.113.1'], authentication: 'digest' }),
  ]);
  assert.equal(table.find('192.0.2.1', 5070)?.name, 'a');
  assert.equal(table.find('198.51.100.7', 5080)?.name, 'b');
  assert.equal(table.find('192.0.2.1', 5060), null);
  assert.equal(table.find('203.0.113.1', 5060), null, 'it has to prove itself');
});
