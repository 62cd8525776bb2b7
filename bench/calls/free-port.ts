// Free ports on 127.0.0.1 for what a bench or a SIPp test starts: asked from the kernel, then given
// back.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

// Handed out in this process: the kernel may offer a port again before its new owner has bound it.
const taken = new Set<number>();

function askUdp(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(0, host, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function askTcp(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function fresh(ask: () => Promise<number>): Promise<number> {
  for (;;) {
    const port = await ask();
    if (!taken.has(port)) {
      taken.add(port);
      return port;
    }
  }
}

/** A UDP port that nobody held a moment ago, never the same twice in this process. */
export function freeUdpPort(host = '127.0.0.1'): Promise<number> {
  return fresh(() => askUdp(host));
}

/** A TCP port that nobody held a moment ago, never the same twice in this process. */
export function freeTcpPort(host = '127.0.0.1'): Promise<number> {
  return fresh(() => askTcp(host));
}
