// SS_QOS_SIGNAL over TCP and TLS: connections of peers, connections of ours, and the sockets that
// listen, from which a connection has it before its first byte.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { suite } from 'node:test';
import type { StreamAddress } from '../../../../engine/net/listen-address.ts';
import { tosOfPort } from '../socket-tos.ts';
import { eventually, hubTest, request } from './hub-bench.ts';
import { PemFiles } from './pem-files.ts';

const pem = new PemFiles();
const TCP: StreamAddress = { family: 4, ip: '127.0.0.1', port: 0, tls: null };
const TLS: StreamAddress = {
  ...TCP,
  tls: { pairs: [pem.issue('sw', ['IP:127.0.0.1'])], ca: pem.ca, clientCertificates: 'none' },
};

suite('the TOS byte of connections', { timeout: 30_000 }, () => {
  hubTest('is on each TCP socket, also on those to come, and changes at once', async (bench) => {
    bench.hub.setTypeOfService(0xa0);
    await bench.connect();
    const server = await bench.listen();
    bench.send(server.endpoint, request('sip:a@b'));
    const ours = (await server.connection()).socket.remotePort!;
    await eventually(() => bench.hub.figures.open.tcp === 2, 'both stand');
    // The one that listens, and the peer's.
    assert.deepEqual(tosOfPort(bench.port), [0xa0, 0xa0]);
    assert.deepEqual(tosOfPort(ours), [0xa0]);
    for (const tos of [0xb8, 0]) {
      bench.hub.setTypeOfService(tos);
      assert.deepEqual(tosOfPort(bench.port), [tos, tos]);
      assert.deepEqual(tosOfPort(ours), [tos]);
    }
  });

  hubTest(
    'is on TLS sockets too, before their handshake',
    async (bench) => {
      bench.hub.setTypeOfService(0xa0);
      const port = bench.hub.ports()[1]!;
      assert.deepEqual(tosOfPort(port), [0xa0]);
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      await eventually(() => bench.hub.figures.open.tls === 1, 'it stands');
      assert.deepEqual(tosOfPort(port), [0xa0, 0xa0]);
      bench.hub.setTypeOfService(0xb8);
      assert.deepEqual(tosOfPort(port), [0xb8, 0xb8]);
      socket.destroy();
    },
    { addresses: [TCP, TLS] },
  );
});
