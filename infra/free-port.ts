// Free ports for what a bench or a test starts. They lie below the range that the kernel gives to
// connections (32768 and up), so that no passer-by takes one before, or between two lives of, its
// owner; and processes side by side look at different ones.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 10_000;
const BEYOND = 32_000;
const SPAN = BEYOND - FIRST;
/** Processes side by side have numbers near each other: their first ports are this far apart. */
const PER_PROCESS = 100;
/** From port to port: whoever gets one may take those above it too, as SIP programs do for TLS. */
const HOP = 2203;

let offset = (process.pid * PER_PROCESS) % SPAN;

/** The next port that `bind` could take, never the same twice in this process. */
async function firstFree(bind: (port: number) => Promise<void>): Promise<number> {
  for (let asked = 0; asked < SPAN; asked++) {
    const port = FIRST + offset;
    offset = (offset + HOP) % SPAN;
    try {
      await bind(port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`no port from ${FIRST} to ${BEYOND - 1} is free`);
}

/** A UDP port that nobody holds. */
export function freeUdpPort(host = '127.0.0.1'): Promise<number> {
  return firstFree(async (port) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.bind(port, host);
    await once(socket, 'listening').finally(() => socket.close());
  });
}

/** A TCP port that nobody listens on. */
export function freeTcpPort(host = '127.0.0.1'): Promise<number> {
  return firstFree(async (port) => {
    const server = createServer().listen(port, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });
}
