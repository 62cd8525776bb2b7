// TCP on main: sharding, connection reuse, aliases, ways back, what comes back undelivered.
import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { freeTcpPort } from '../../../../infra/free-port.ts';
import { shardOf } from '../../../../engine/shard/shard-of.ts';
import {
  eventually,
  FIRST_LOCAL,
  HubBench,
  hubTest,
  options,
  request,
  response,
} from './hub-bench.ts';

const LIMIT = { timeout: 30_000 };

suite('messages over TCP', LIMIT, () => {
  hubTest(
    'go to the shard of their Call-ID, with source and listen address, however they are cut',
    async (bench) => {
      const peer = await bench.connect();
      const sent = Array.from({ length: 40 }, () => options(peer.endpoint));
      const bytes = sent.join('');
      for (let at = 0; at < bytes.length; at += 97) {
        peer.socket.write(bytes.slice(at, at + 97));
        await new Promise(setImmediate);
      }
      const taken = await bench.messages(40);
      assert.deepEqual(new Set(taken.map(({ text }) => text)), new Set(sent));
      assert.deepEqual(new Set(taken.map(({ shard }) => shard)), new Set([0, 1]));
      for (const { shard, text, from, local } of taken) {
        const message = Buffer.from(text);
        assert.equal(shard, shardOf(message, 0, message.length, 2));
        assert.deepEqual([from, local], [peer.endpoint, FIRST_LOCAL]);
      }
    },
    { shards: 2 },
  );

  hubTest('a response goes back over the connection of its request', async (bench) => {
    const [one, two] = [await bench.connect(), await bench.connect()];
    one.socket.write(options(one.endpoint, '', 'c-1'));
    two.socket.write(options(two.endpoint, '', 'c-2'));
    for (const { from, text } of await bench.messages(2)) {
      bench.send(from, response('SIP/2.0/TCP 127.0.0.1:5060', /c-\d/.exec(text)![0]));
    }
    await one.hears('Call-ID: c-1');
    await two.hears('Call-ID: c-2');
    assert.equal(bench.hub.figures.opened.made, 0);
  });

  hubTest('a response whose connection is gone goes to the sent-by port', async (bench) => {
    const server = await bench.listen();
    const peer = await bench.connect();
    peer.socket.write(options(peer.endpoint));
    const { from } = (await bench.messages(1))[0]!;
    peer.socket.destroy();
    await eventually(() => bench.hub.figures.open.tcp === 0, 'the connection is gone');
    bench.send(from, response(`SIP/2.0/TCP 127.0.0.1:${server.endpoint.port};branch=x`, 'c-9'));
    await (await server.connection()).hears('Call-ID: c-9');
  });

  hubTest('requests to one address share a connection of ours', async (bench) => {
    const server = await bench.listen();
    for (const id of ['c-1', 'c-2']) bench.send(server.endpoint, request('sip:a@b', '', id));
    const connection = await server.connection();
    await connection.hears('c-1');
    await connection.hears('c-2');
    connection.socket.write(options(server.endpoint, '', 'back'));
    const [message] = await bench.messages(1);
    assert.deepEqual(message!.from, server.endpoint);
    assert.equal(server.accepted.length, 1);
  });

  hubTest('a connection is found by the alias that its peer gave (RFC 5923)', async (bench) => {
    const peer = await bench.connect();
    const listening = { ...peer.endpoint, port: 5099 };
    peer.socket.write(options(listening, ';alias'));
    await bench.messages(1);
    bench.send(listening, request('sip:a@b', '', 'by-alias'));
    await peer.hears('by-alias');
  });

  hubTest('without alias nothing is sent over it but answers', async (bench) => {
    const peer = await bench.connect();
    const closed = await bench.listen();
    const listening = { ...closed.endpoint };
    peer.socket.write(options(listening));
    await bench.messages(1);
    bench.send(listening, request('sip:a@b', '', 'own'));
    await (await closed.connection()).hears('own');
    assert.equal(peer.heard, '');
  });
});

suite('what cannot be sent', LIMIT, () => {
  hubTest('a refused connection gives the request back to its shard', async (bench) => {
    const server = await bench.listen();
    const { endpoint } = server;
    await bench.close();
    const other = await HubBench.open({ shards: 2 });
    other.send(endpoint, request(`sip:a@127.0.0.1:${endpoint.port}`, '', 'tdm01-x'), 1);
    const [back] = await other.messages(1);
    assert.deepEqual([back!.undeliverable, back!.shard, back!.from], [true, 1, endpoint]);
    assert.match(back!.text, /^BYE .*tdm01-x/s);
    assert.equal(other.hub.figures.closed.connect, 1);
    await other.close();
  });

  hubTest('a request to a caller that is gone goes where it names itself', async (bench) => {
    const server = await bench.listen();
    const peer = await bench.connect();
    peer.socket.write(options(peer.endpoint));
    const { from } = (await bench.messages(1))[0]!;
    peer.socket.destroy();
    await eventually(() => bench.hub.figures.open.tcp === 0, 'the connection is gone');
    const contact = `sip:a@127.0.0.1:${server.endpoint.port};transport=tcp`;
    bench.send(from, request(contact, '', 'bye-1'));
    const connection = await server.connection();
    await connection.hears('bye-1');
    bench.send(from, request(contact, '', 'bye-2'));
    await connection.hears('bye-2');
    assert.equal(server.accepted.length, 1, 'the new connection serves the old name');
    assert.equal(bench.hub.figures.messages.undeliverable, 0);
  });

  hubTest('nobody is called back at the port that he came from', async (bench) => {
    const peer = await bench.connect(bench.port, { localPort: await freeTcpPort() });
    const { endpoint } = peer;
    await eventually(() => bench.hub.figures.open.tcp === 1, 'it is taken');
    peer.socket.resetAndDestroy();
    await eventually(() => bench.hub.figures.open.tcp === 0, 'the connection is gone');
    // Somebody else has got the port since; what is for the device must not come to him.
    const stranger = await bench.listen(endpoint.port);
    bench.send(endpoint, request('tel:44207', '', 'nowhere'));
    const [back] = await bench.messages(1);
    assert.deepEqual([back!.undeliverable, back!.from], [true, endpoint]);
    assert.match(back!.text, /nowhere/);
    const named = await bench.listen();
    bench.send(endpoint, request(`sip:a@127.0.0.1:${named.endpoint.port}`, '', 'named'));
    await (await named.connection()).hears('named');
    assert.equal(stranger.accepted.length, 0);
  });

  hubTest('who listens at the port that he comes from is called there', async (bench) => {
    const server = await bench.listen();
    const { endpoint } = server;
    bench.send(endpoint, request('tel:1', '', 'first'));
    (await server.connection()).socket.destroy();
    await eventually(() => bench.hub.figures.open.tcp === 0, 'the connection of ours is gone');
    bench.send(endpoint, request(`sip:a@127.0.0.1:${endpoint.port}`, '', 'second'));
    await (await server.connection(1)).hears('second');
  });

  hubTest(
    'the ends of connections that peers opened are told, but of those there again',
    async (bench) => {
      const [one, two, stays] = [
        await bench.connect(),
        await bench.connect(),
        await bench.connect(),
      ];
      await eventually(() => bench.hub.figures.open.tcp === 3, 'they are taken');
      const ports = [one.endpoint.port, two.endpoint.port].sort();
      one.socket.resetAndDestroy();
      two.socket.destroy();
      await eventually(() => bench.lost.length === 2, 'both ends are told');
      assert.deepEqual(bench.lost.map(({ peer }) => peer.port).sort(), ports);
      assert.equal(bench.lost[0]!.local, FIRST_LOCAL);
      const { localPort } = stays.socket;
      stays.socket.resetAndDestroy();
      await eventually(() => bench.hub.figures.closed.peer === 3, 'it is gone');
      await bench.connect(bench.port, { localPort: localPort! });
      const last = await bench.connect();
      last.socket.resetAndDestroy();
      await eventually(() => bench.lost.length === 3, 'one more end is told');
      assert.notEqual(bench.lost[2]!.peer.port, localPort);
    },
  );

  hubTest('the first Route comes before the Request-URI', async (bench) => {
    const server = await bench.listen();
    const route = `Route: <sip:127.0.0.1:${server.endpoint.port};lr>\r\n`;
    const gone = await bench.connect();
    const { endpoint } = gone;
    await eventually(() => bench.hub.figures.open.tcp === 1, 'it is taken');
    gone.socket.destroy();
    await eventually(() => bench.hub.figures.open.tcp === 0, 'it is gone');
    bench.send(endpoint, request('sip:a@127.0.0.1:9', route, 'routed'));
    await (await server.connection()).hears('routed');
  });
});
