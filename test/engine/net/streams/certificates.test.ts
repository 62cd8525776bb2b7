// TLS on main: SNI, certificates that change, mutual TLS, what connections of ours check.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import {
  connect,
  createServer,
  type ConnectionOptions,
  type Server,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { TandemError } from '../../../../engine/base/errors.ts';
import type { StreamAddress } from '../../../../engine/net/listen-address.ts';
import type { KeyPair, ListenTls, PeerTls } from '../../../../engine/net/streams/certificates.ts';
import { eventually, FIRST_LOCAL, HubBench, options, request } from './hub-bench.ts';
import { PemFiles } from './pem-files.ts';

const LIMIT = { timeout: 60_000 };
const pem = new PemFiles();
const ALPHA = pem.issue('alpha', ['DNS:alpha.example.net', 'IP:127.0.0.1']);
const BETA = pem.issue('beta', ['DNS:beta.example.net']);
const CLIENT = pem.issue('client', ['DNS:client.example.net']);
const EXPIRED = pem.issue('expired', ['DNS:old.example.net'], ['-days', '-1']);

function tlsAddress(tls: Partial<ListenTls> = {}): StreamAddress {
  const given: ListenTls = { pairs: [ALPHA], ca: pem.ca, clientCertificates: 'none', ...tls };
  return { family: 4, ip: '127.0.0.1', port: 0, tls: given };
}

function files({ certificate, key }: KeyPair): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certificate), key: readFileSync(key) };
}

suite('TLS connections to the switch', LIMIT, () => {
  const open: HubBench[] = [];
  const sockets: TLSSocket[] = [];
  after(async () => {
    for (const socket of sockets) socket.destroy();
    for (const bench of open) await bench.close();
  });

  async function hub(tls: Partial<ListenTls> = {}): Promise<HubBench> {
    const bench = await HubBench.open({ addresses: [tlsAddress(tls)] });
    open.push(bench);
    return bench;
  }

  async function client(bench: HubBench, more: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({
      host: '127.0.0.1',
      port: bench.port,
      ca: readFileSync(pem.ca),
      ...more,
    });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    socket.on('error', () => undefined);
    return socket;
  }

  const nameOf = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;

  test('carry messages both ways', async () => {
    const bench = await hub();
    const socket = await client(bench);
    const source = { family: 4, ip: '127.0.0.1', port: socket.localPort! } as const;
    socket.write(options(source));
    const [message] = await bench.messages(1);
    assert.deepEqual([message!.from, message!.local], [source, FIRST_LOCAL]);
    const heard = once(socket, 'data') as Promise<[Buffer]>;
    bench.send(source, request('sip:a@b', '', 'over-tls'));
    assert.match((await heard)[0].toString('latin1'), /over-tls/);
    assert.deepEqual(bench.hub.figures.open, { tcp: 0, tls: 1 });
  });

  test('get the certificate of the name that they ask for, else the first', async () => {
    const bench = await hub({ pairs: [ALPHA, BETA] });
    assert.equal(nameOf(await client(bench, { servername: 'beta.example.net' })), 'beta');
    assert.equal(nameOf(await client(bench, { servername: 'alpha.example.net' })), 'alpha');
    assert.equal(nameOf(await client(bench)), 'alpha');
  });

  test('get the new certificate when its files change; those that stand go on', async () => {
    const pair = { certificate: pem.path('live.pem'), key: pem.path('live.key') };
    copyFileSync(ALPHA.certificate, pair.certificate);
    copyFileSync(ALPHA.key, pair.key);
    const bench = await hub({ pairs: [pair] });
    const before = await client(bench);
    copyFileSync(BETA.certificate, pair.certificate);
    await eventually(
      () => bench.warnings.some((text) => text.includes('is not the key of')),
      'half',
    );
    const between = await client(bench);
    assert.equal(nameOf(between), 'alpha', 'a certificate without its key changes nothing');
    copyFileSync(BETA.key, pair.key);
    bench.hub.reloadCertificates();
    const renewed = await client(bench, { servername: 'beta.example.net' });
    assert.equal(nameOf(renewed), 'beta');
    before.write('\r\n\r\n');
    assert.equal(String(await once(before, 'data')), '\r\n');
  });

  test('without a certificate are refused where one is required, and counted', async () => {
    const bench = await hub({ clientCertificates: 'require' });
    const refused = connect({
      host: '127.0.0.1',
      port: bench.port,
      ca: readFileSync(pem.ca),
    });
    sockets.push(refused);
    refused.on('error', () => undefined);
    await eventually(() => refused.closed, 'it is closed');
    await eventually(() => bench.hub.figures.closed.handshake === 1, 'it is counted');
    const stranger = new PemFiles().issue('stranger', ['DNS:x.example.net']);
    const other = connect({
      host: '127.0.0.1',
      port: bench.port,
      ca: readFileSync(pem.ca),
      ...files(stranger),
    });
    sockets.push(other);
    other.on('error', () => undefined);
    await eventually(() => other.closed && bench.hub.figures.closed.handshake === 2, 'refused too');
    const welcome = await client(bench, files(CLIENT));
    welcome.write('\r\n\r\n');
    assert.equal(String(await once(welcome, 'data')), '\r\n');
    assert.equal(bench.hub.figures.opened.accepted, 1);
  });

  test('give an alias only with a certificate that was checked (RFC 5923)', async () => {
    const bench = await hub({ clientCertificates: 'request' });
    for (const [more, messages] of [
      [{}, 0],
      [files(CLIENT), 1],
    ] as const) {
      const socket = await client(bench, more);
      const listening = { family: 4, ip: '127.0.0.1', port: 5091 + messages } as const;
      let heard = '';
      socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
      const before = bench.taken.length;
      socket.write(options(listening, ';alias'));
      await bench.messages(before + 1);
      bench.send(listening, request('tel:1', '', `alias-${messages}`));
      if (messages === 1) await eventually(() => heard.includes('alias-1'), 'it comes');
      else await bench.messages(before + 2);
      assert.equal(heard.includes('alias'), messages === 1);
    }
  });
});

suite('TLS connections that the switch opens', LIMIT, () => {
  const servers: Server[] = [];
  let bench: HubBench;
  before(async () => {
    bench = await HubBench.open({ addresses: [tlsAddress({ pairs: [CLIENT] })] });
  });
  after(async () => {
    for (const server of servers) server.close();
    await bench.close();
  });

  async function peer(pair: KeyPair, more: TlsOptions = {}): Promise<[Server, number]> {
    const server = createServer({ ...files(pair), ...more });
    servers.push(server);
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return [server, (server.address() as { port: number }).port];
  }

  /** What becomes of a request to a peer with these settings: the connection, or null. */
  async function reach(
    [server, port]: [Server, number],
    settings: Partial<PeerTls> | null,
  ): Promise<TLSSocket | null> {
    const given: PeerTls = { serverName: '', ca: pem.ca, verify: true, pair: null, ...settings };
    bench.hub.setPeers(new Map(settings === null ? [] : [[`127.0.0.1:${port}`, given]]));
    const count = bench.taken.length;
    const came = new Promise<TLSSocket>((resolve) => {
      server.once('secureConnection', (socket: TLSSocket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          resolve(socket);
        });
      });
    });
    bench.send({ family: 4, ip: '127.0.0.1', port }, request(`sip:a@127.0.0.1:${port}`));
    const back = eventually(() => bench.taken.length > count, 'it comes back').then(() => null);
    const first = await Promise.race([came, back]);
    back.catch(() => undefined);
    return first;
  }

  test('check the name of the gateway, ask for it by SNI', async () => {
    const socket = await reach(await peer(BETA), { serverName: 'beta.example.net' });
    assert.equal(
      (socket as (TLSSocket & { servername?: string }) | null)?.servername,
      'beta.example.net',
    );
    assert.equal(await reach(await peer(BETA), { serverName: 'alpha.example.net' }), null);
  });

  test('check the address of a gateway without a name, and the authority', async () => {
    assert.notEqual(await reach(await peer(ALPHA), {}), null);
    assert.equal(await reach(await peer(BETA), {}), null);
    assert.equal(await reach(await peer(ALPHA), { ca: '' }), null);
    assert.equal(await reach(await peer(ALPHA), null), null, 'a peer without settings is checked');
  });

  test('accept a SIP domain in the certificate (RFC 5922)', async () => {
    const sip = pem.issue('sip', ['URI:sip:example.com']);
    assert.notEqual(await reach(await peer(sip), { serverName: 'example.com' }), null);
  });

  test('check nothing where the gateway says so', async () => {
    assert.notEqual(await reach(await peer(BETA), { ca: '', verify: false }), null);
  });

  test('show the certificate of the listen address, or the gateway’s own', async () => {
    const strict = { requestCert: true, rejectUnauthorized: true, ca: readFileSync(pem.ca) };
    const own = await reach(await peer(ALPHA, strict), {});
    assert.equal(own?.getPeerCertificate().subject.CN, 'client');
    const other = await reach(await peer(ALPHA, strict), { pair: BETA });
    assert.equal(other?.getPeerCertificate().subject.CN, 'beta');
  });

  test('with files that cannot be used fail, with a warning', async () => {
    assert.equal(await reach(await peer(ALPHA), { ca: '/nowhere.pem' }), null);
    assert.match(bench.warnings.join(), /\/nowhere\.pem: no such file/);
  });
});

suite('certificate files', LIMIT, () => {
  const cases: readonly (readonly [string, Partial<ListenTls>, RegExp])[] = [
    [
      'a certificate that is missing',
      { pairs: [{ ...ALPHA, certificate: '/none.pem' }] },
      /certificate \/none\.pem: no such file/,
    ],
    [
      'a key that is missing',
      { pairs: [{ ...ALPHA, key: '/none.key' }] },
      /key \/none\.key: no such file/,
    ],
    [
      'a key of another one',
      { pairs: [{ ...ALPHA, key: BETA.key }] },
      /beta\.key: is not the key of/,
    ],
    [
      'a certificate that is none',
      { pairs: [{ ...ALPHA, certificate: ALPHA.key }] },
      /no certificate/,
    ],
    ['authorities that are missing', { ca: '/none.pem' }, /authorities \/none\.pem: no such file/],
  ];
  for (const [what, tls, problem] of cases) {
    test(`${what} stops the start`, async () => {
      await assert.rejects(HubBench.open({ addresses: [tlsAddress(tls)] }), (error) => {
        assert.ok(error instanceof TandemError && error.code === 'TDM_TLS_INVALID');
        assert.match(error.message, problem);
        return true;
      });
    });
  }

  test('an expired one is used, with a warning', async () => {
    const bench = await HubBench.open({ addresses: [tlsAddress({ pairs: [EXPIRED] })] });
    assert.match(bench.warnings.join(), /expired\.pem expired on /);
    await bench.close();
  });

  test('authorities without a certificate stop the start', async () => {
    writeFileSync(pem.path('empty.pem'), 'nothing\n');
    await assert.rejects(HubBench.open({ addresses: [tlsAddress({ ca: pem.path('empty.pem') })] }));
  });
});
