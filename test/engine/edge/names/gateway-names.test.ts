// Names of gateways over time: looked up when new and each interval, kept when the server fails.
import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { GatewayNames } from '../../../../engine/edge/names/gateway-names.ts';
import type { NameServer } from '../../../../engine/edge/names/locate-gateway.ts';

const GATEWAY = { host: 'sip.example.net', port: 5060, transport: 'udp' } as const;

class Bench {
  ips: string[] = ['192.0.2.1'];
  failing = false;
  questions = 0;
  changes = 0;
  readonly warnings: string[] = [];
  readonly names: GatewayNames;

  constructor() {
    const none = () => Promise.resolve([]);
    const dns: NameServer = {
      naptr: none,
      srv: none,
      aaaa: none,
      a: () => {
        this.questions++;
        return this.failing ? Promise.reject(new Error('ETIMEOUT')) : Promise.resolve(this.ips);
      },
    };
    this.names = new GatewayNames({
      dns,
      warn: (text) => this.warnings.push(text),
      changed: () => this.changes++,
    });
  }

  get known(): string[] {
    return this.names.addressesOf(GATEWAY).map(({ peer }) => peer.ip);
  }
}

afterEach(() => {
  mock.timers.reset();
});

/** Lets time pass, and what it started come to its end. */
async function pass(seconds: number): Promise<void> {
  mock.timers.tick(seconds * 1000);
  await new Promise((resolve) => setImmediate(resolve));
}

test('a new name is looked up at once, an address never, a known name not again', async () => {
  const bench = new Bench();
  await bench.names.watch([GATEWAY, { ...GATEWAY, host: '192.0.2.7' }], 600);
  assert.deepEqual([bench.known, bench.questions, bench.changes], [['192.0.2.1'], 1, 1]);
  await bench.names.watch([GATEWAY], 600);
  assert.equal(bench.questions, 1);
  assert.deepEqual(bench.names.figures, { names: 1, unresolved: 0, failures: 0 });
  bench.names.close();
});

for (const seconds of [30, 600]) {
  test(`SERVER_DNS_UPDATE_INTERVAL ${seconds}: looked up again each ${seconds} s`, async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const bench = new Bench();
    await bench.names.watch([GATEWAY], seconds);
    bench.ips = ['192.0.2.2'];
    await pass(seconds - 1);
    assert.deepEqual([bench.known, bench.questions], [['192.0.2.1'], 1]);
    await pass(1);
    assert.deepEqual([bench.known, bench.questions, bench.changes], [['192.0.2.2'], 2, 2]);
    await pass(seconds);
    assert.deepEqual([bench.questions, bench.changes], [3, 2], 'the same answer changes nothing');
    bench.names.close();
  });
}

test('another interval takes effect at once', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const bench = new Bench();
  await bench.names.watch([GATEWAY], 86_400);
  await bench.names.watch([GATEWAY], 30);
  await pass(30);
  assert.equal(bench.questions, 2);
  bench.names.close();
});

test('when the lookup fails, or finds nothing, the last answer stays, with a warning', async () => {
  const bench = new Bench();
  await bench.names.watch([GATEWAY], 600);
  bench.failing = true;
  await bench.names.refresh();
  assert.deepEqual(bench.known, ['192.0.2.1']);
  assert.match(bench.warnings[0]!, /sip\.example\.net: ETIMEOUT; those known before stay/);
  bench.failing = false;
  bench.ips = [];
  await bench.names.refresh();
  assert.deepEqual(bench.known, ['192.0.2.1']);
  assert.deepEqual([bench.names.figures.failures, bench.changes], [2, 1]);
  bench.names.close();
});

test('a name that never had an address is unresolved, and found later', async () => {
  const bench = new Bench();
  bench.failing = true;
  await bench.names.watch([GATEWAY], 600);
  assert.deepEqual(bench.names.figures, { names: 1, unresolved: 1, failures: 1 });
  bench.failing = false;
  await bench.names.refresh();
  assert.deepEqual([bench.known, bench.changes], [['192.0.2.1'], 1]);
  bench.names.close();
});
