// The kernel runs the program over real sockets: which of the shards gets a message, by the first
// mark in it. What it does not know goes by the kernel's hash: to the same socket each time.
import assert from 'node:assert/strict';
import { readSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { shardMark } from '../../../engine/base/shard-mark.ts';
import type { ListenAddress } from '../../../engine/net/listen-address.ts';
import { openListenSockets } from '../../../engine/net/listen-sockets.ts';
import { INSTRUCTION_BYTES, shardFilter } from '../../../engine/net/shard-filter.ts';
import { Client } from './shard-threads.ts';

const SHARDS = 19;
const LISTEN: ListenAddress = { family: 4, ip: '127.0.0.1', port: 0 };
const PADDING = `Subject: ${'x'.repeat(500)}\r\n\r\n`;

class Port {
  readonly client: Client;
  readonly #port: number;
  readonly #fds: readonly number[];
  readonly #bytes = Buffer.alloc(2048);

  private constructor(client: Client, port: number, fds: readonly number[]) {
    this.client = client;
    this.#port = port;
    this.#fds = fds;
  }

  static async open(t: TestContext): Promise<Port> {
    const open = openListenSockets([LISTEN], SHARDS, 65_536);
    const client = await Client.open();
    t.after(async () => {
      await client.close();
      open.close();
    });
    assert.deepEqual(open.warnings, []);
    const [{ port, fds }] = open.listens as [(typeof open.listens)[0]];
    return new Port(client, port, fds);
  }

  /** The shard that gets `text`. */
  async shardOf(text: string): Promise<number> {
    await this.client.send(Buffer.from(text, 'latin1'), this.#port);
    const got = this.#fds.flatMap((fd, shard) => (this.#read(fd) === text ? [shard] : []));
    assert.equal(got.length, 1, 'one shard gets it');
    return got[0]!;
  }

  #read(fd: number): string {
    try {
      return this.#bytes.toString('latin1', 0, readSync(fd, this.#bytes));
    } catch {
      return '';
    }
  }
}

function response(host: string, mark: string): string {
  const via = `Via: SIP/2.0/UDP ${host};branch=z9hG4bK${mark}00000a12345678`;
  return `SIP/2.0 180 Ringing\r\n${via};rport=5060\r\n${PADDING}`;
}

function request(method: string, mark: string, from = 'theirs'): string {
  return (
    `${method} sip:442071838750@192.0.2.1:5060 SIP/2.0\r\n` +
    'Via: SIP/2.0/UDP 198.51.100.17:5060;branch=z9hG4bK-77;rport\r\n' +
    `From: "Acme" <sip:12025550100@198.51.100.17:5060>;tag=${from}\r\n` +
    `To: <sip:442071838750@192.0.2.1>;tag=${mark}00000a12345678\r\n${PADDING}`
  );
}

test('every shard gets the responses that name it, wherever the mark stands', async (t) => {
  const port = await Port.open(t);
  for (let shard = 0; shard < SHARDS; shard++) {
    const host = 'h'.repeat(1 + shard * 8);
    assert.equal(await port.shardOf(response(host, shardMark(shard))), shard, host);
  }
});

test('every place of a mark within reach is seen, none beyond it', async (t) => {
  const port = await Port.open(t);
  const byHash = await port.shardOf(`SIP/2.0 200 OK\r\n${PADDING}`);
  const shard = (byHash + 1) % SHARDS;
  const at = (place: number): string =>
    `SIP/2.0 ${'-'.repeat(place - 8)}${shardMark(shard)}${PADDING}`;
  for (let place = 32; place < 416; place++) assert.equal(await port.shardOf(at(place)), shard);
  for (const place of [31, 416, 480]) assert.equal(await port.shardOf(at(place)), byHash);
});

for (const method of ['ACK', 'BYE', 'INFO', 'PRACK', 'UPDATE']) {
  test(`${method} goes where our tag says`, async (t) => {
    const port = await Port.open(t);
    for (const shard of [0, 9, 10, 15, 16, 18]) {
      assert.equal(await port.shardOf(request(method, shardMark(shard))), shard);
    }
  });
}

test('what names no shard goes by the hash of the addresses', async (t) => {
  const port = await Port.open(t);
  const byHash = await port.shardOf('\r\n\r\n');
  const other = shardMark((byHash + 1) % SHARDS);
  for (const text of [
    'x',
    'ACK',
    '\0\x01\0\0!\x12\xa4B',
    request('INVITE', other),
    request('REGISTER', other),
    request('BYE', 'mine'),
    request('BYE', 'tdmxy'),
    request('BYE', 'tdm0G'),
    request('BYE', shardMark(SHARDS)),
    request('BYE', 'tdmff'),
    `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=${other}`,
    `SIP/2.0 200 OK\r\n${'-'.repeat(100)}td`,
  ]) {
    assert.equal(await port.shardOf(text), byHash, text);
  }
});

test('a program is one that the kernel takes: at most 4,096 instructions', () => {
  const sizes = [224, 416].map((reach) => shardFilter(reach).length / INSTRUCTION_BYTES);
  assert.ok(sizes[0]! < sizes[1]! && sizes[1]! <= 4096, sizes.join(', '));
});
