// Gateways of a whole edge, both kinds of I/O, two shards, registrars on real sockets: registration
// and probes, the overview by HTTP, metrics and command, a live change, and the withdrawal at the
// stop.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { repositoryPath } from '../../engine/base/paths.ts';
import type { GatewayRow } from '../../engine/http/gateway-row.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { Registrar } from '../sim/registrar.ts';

const CREDENTIALS = { username: 'tandem', password: 'secret' };
const NAMES = ['alpha', 'beta', 'gamma'];

interface Vendor {
  readonly registrar: Registrar;
  readonly port: number;
}

async function startVendor(t: TestContext): Promise<Vendor> {
  const socket: Socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  const nowMs = (): number => Date.now();
  const registrar = new Registrar({ ...CREDENTIALS, grantSeconds: 60, nowMs });
  socket.on('message', (datagram, from) => {
    const answer = registrar.receive(datagram.toString('latin1'));
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  return { registrar, port: socket.address().port };
}

function provision(vendors: readonly Vendor[]): Record<string, unknown> {
  return {
    accounts: [{ account: 'acme' }],
    mappingGateways: [{ name: 'customer', account: 'acme', remoteIps: ['127.0.0.9'] }],
    routingGateways: vendors.map(({ port }, i) => ({
      name: NAMES[i],
      clearingAccount: 'acme',
      remoteIp: '127.0.0.1',
      signalPort: port,
      prefixes: ['44'],
      registerType: 'register-out',
      ...CREDENTIALS,
      probe: { intervalSeconds: 5 },
    })),
  };
}

async function rowsOf(edge: SwitchProcess): Promise<GatewayRow[]> {
  const answer = await fetch(`${edge.apiUrl}/gateways`);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  return ((await answer.json()) as { gateways: GatewayRow[] }).gateways;
}

const command = promisify(execFile);

/** `npm run gateways`, without the build. */
async function commandOutput(edge: SwitchProcess, ...options: string[]): Promise<string> {
  const script = repositoryPath('dist/engine/commands/gateways/main.js');
  const given = [script, '--config', edge.configFile, ...options];
  return (await command(process.execPath, given)).stdout;
}

for (const io of ['native', 'portable']) {
  test(`gateways of an edge with ${io} I/O`, { timeout: 120_000 }, async (t) => {
    const vendors = await Promise.all(NAMES.map(() => startVendor(t)));
    const edge = await startSwitch({
      provision: provision(vendors),
      shards: 2,
      io,
      config: { ingest: false },
    });
    let stopped = false;
    t.after(async () => {
      if (!stopped) await edge.stop();
    });

    const settled = await until(async () => {
      const rows = (await rowsOf(edge)).filter(({ kind }) => kind === 'routing');
      const done = rows.every(
        ({ registration, probe }) => registration?.state === 'registered' && probe?.state === 'up',
      );
      return done ? rows : undefined;
    }, 20_000);
    assert.ok(settled !== undefined, edge.log());
    assert.deepEqual(
      settled.map(({ name, status }) => [name, status]),
      NAMES.map((name) => [name, 'online']),
    );
    assert.equal(await edge.metric('tandem_gateway_registered'), 3);
    assert.equal(await edge.metric('tandem_gateway_online'), 4);

    const table = await commandOutput(edge);
    assert.match(table, /^mapping +customer +online +0\/- +127\.0\.0\.9 /m);
    assert.match(table, /^routing +alpha +online +0\/- +127\.0\.0\.1:\d+ +registered \d+ s/m);
    assert.deepEqual(
      (JSON.parse(await commandOutput(edge, '--json')) as GatewayRow[]).map(({ name }) => name),
      ['customer', ...NAMES],
    );

    // One vendor is removed: withdrawn at once, gone from the overview.
    const file = join(dirname(edge.configFile), 'provision.yaml');
    writeFileSync(file, JSON.stringify(provision(vendors.slice(0, 2))));
    assert.match(readFileSync(file, 'utf8'), /beta/);
    edge.signal('SIGHUP');
    const gone = await until(() => vendors[2]!.registrar.count('withdrawn') || undefined, 10_000);
    assert.equal(gone, 1, edge.log());
    assert.equal((await rowsOf(edge)).length, 3);
    assert.equal(vendors[0]!.registrar.count('withdrawn'), 0);

    stopped = true;
    assert.equal(await edge.stop(), 0);
    assert.deepEqual(
      vendors.map(({ registrar }) => registrar.count('withdrawn')),
      [1, 1, 1],
      'the others are withdrawn at the stop',
    );
    for (const { registrar } of vendors) assert.equal(registrar.bindings.size, 0);
  });
}
