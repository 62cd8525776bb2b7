// SS_QOS_SIGNAL on the sockets: both settings as the kernel has them, IPv4 and IPv6.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTypeOfService } from '../../../engine/net/type-of-service.ts';
import { tosOf } from './socket-tos.ts';

for (const family of [4, 6] as const) {
  test(`the TOS byte of an IPv${family} socket changes while it is used`, async () => {
    const socket = createSocket(`udp${family}`);
    socket.bind(0, family === 6 ? '::1' : '127.0.0.1');
    await once(socket, 'listening');
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
    for (const tos of [0xa0, 0, 0xb8]) {
      assert.equal(setTypeOfService(fd, family, tos), true);
      assert.equal(tosOf(fd, family), tos);
    }
    socket.close();
  });
}

test('a descriptor that is none is told', () => {
  assert.equal(setTypeOfService(-1, 4, 0xa0), false);
});
